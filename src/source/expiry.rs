//! When a token expires: one parser for every form that any token source has been seen to send.

use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// Numbers below this (2001-01-01 as seconds since 1970) can't be a point in time: they are lifetimes.
const FIRST_EPOCH: f64 = 978_307_200.0;
/// 9999-12-31T23:59:59Z: nothing later can be written as a date.
const LAST_EPOCH: f64 = 253_402_300_799.0;

/// The expiry as seconds since 1970 by this machine's clock, or `None` where neither field says it.
///
/// `expires_in` wins where it is above 0: a lifetime is right even where this machine's clock is wrong.
pub(crate) fn expires_on(expires_in: Option<&Value>, expires_on: Option<&Value>, now: i64) -> Option<i64> {
    let lifetime = expires_in.and_then(number);
    if let Some(seconds) = lifetime.filter(|s| *s > 0.0 && *s <= LAST_EPOCH) {
        return now.checked_add(seconds as i64);
    }
    let at = expires_on.and_then(|value| match number(value) {
        Some(n) if (0.0..FIRST_EPOCH).contains(&n) => now.checked_add(n as i64),
        Some(n) if (FIRST_EPOCH..=LAST_EPOCH).contains(&n) => Some(n as i64),
        Some(_) => None,
        None => value.as_str().and_then(|text| date(text.trim())),
    });
    // `expires_in: 0` and nothing else: it has expired already.
    at.or_else(|| lifetime.filter(|s| *s == 0.0).map(|_| now))
}

/// A number, or a text that is one.
pub(crate) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(n) => n.as_f64(),
        Value::String(text) => {
            let text = text.trim();
            // `parse` also reads "inf", "nan" and "+5": a service means none of these.
            if !text.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
                return None;
            }
            text.parse::<f64>().ok()
        }
        _ => None,
    }
    .filter(|n| n.is_finite())
}

fn date(text: &str) -> Option<i64> {
    if let Ok(at) = OffsetDateTime::parse(text, &Rfc3339) {
        return Some(at.unix_timestamp());
    }
    slash_date(text)
}

/// The two forms of App Service's 2017-09-01 protocol: `06/20/2019 02:57:58 +00:00` on Linux,
/// `1/16/2020 5:24:12 AM +00:00` on Windows.
fn slash_date(text: &str) -> Option<i64> {
    let mut words = text.split_ascii_whitespace();
    let (day, clock) = (words.next()?, words.next()?);
    let mut next = words.next()?;
    let half = match next.to_ascii_uppercase().as_str() {
        "AM" => Some(0),
        "PM" => Some(12),
        _ => None,
    };
    if half.is_some() {
        next = words.next()?;
    }
    if words.next().is_some() {
        return None;
    }
    let [month, day, year] = numbers::<3>(day, '/')?;
    let [hour, minute, second] = numbers::<3>(clock, ':')?;
    let hour = match half {
        None => hour,
        Some(add) if (1..=12).contains(&hour) => hour % 12 + add,
        Some(_) => return None,
    };
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
    let narrow = |n: u16| u8::try_from(n).ok();
    let time = Time::from_hms(narrow(hour)?, narrow(minute)?, narrow(second)?).ok()?;
    Some(PrimitiveDateTime::new(date, time).assume_offset(offset(next)?).unix_timestamp())
}

fn numbers<const N: usize>(text: &str, separator: char) -> Option<[u16; N]> {
    let mut all = [0; N];
    let mut parts = text.split(separator);
    for slot in &mut all {
        *slot = parts.next()?.parse().ok()?;
    }
    parts.next().is_none().then_some(all)
}

fn offset(text: &str) -> Option<UtcOffset> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, text.get(1..)?),
        b'-' => (-1, text.get(1..)?),
        _ => return None,
    };
    let [hours, minutes] = numbers::<2>(rest, ':')?;
    let (hours, minutes) = (i8::try_from(hours).ok()?, i8::try_from(minutes).ok()?);
    UtcOffset::from_hms(sign * hours, sign * minutes, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: i64 = 1_700_000_000;

    #[test]
    fn all_known_forms() {
        for (value, expected) in [
            (json!(1_800_000_000_i64), Some(1_800_000_000)),
            (json!("1800000000"), Some(1_800_000_000)),
            (json!(1_800_000_000.9), Some(1_800_000_000)),
            (json!("3600"), Some(NOW + 3_600)),
            (json!("2024-10-18T19:51:37.0000000+00:00"), Some(1_729_281_097)),
            (json!("2024-10-18T19:51:37Z"), Some(1_729_281_097)),
            (json!("06/20/2019 02:57:58 +00:00"), Some(1_560_999_478)),
            (json!("1/16/2020 5:24:12 AM +00:00"), Some(1_579_152_252)),
            (json!("1/16/2020 12:24:12 AM +00:00"), Some(1_579_134_252)),
            (json!("1/16/2020 12:24:12 PM +00:00"), Some(1_579_177_452)),
            (json!(""), None),
            (json!(null), None),
            (json!("soon"), None),
            (json!("inf"), None),
            (json!(1e300), None),
            (json!("13/40/2020 5:24:12 AM +00:00"), None),
            (json!("1/16/2020 5:24:12 AM"), None),
        ] {
            assert_eq!(expires_on(None, Some(&value), NOW), expected, "{value}");
        }
    }

    #[test]
    fn the_lifetime_wins_where_it_is_above_zero() {
        let on = json!("1800000000");
        assert_eq!(expires_on(Some(&json!("3599")), Some(&on), NOW), Some(NOW + 3_599));
        for unset in [json!(0), json!(""), json!("0"), json!(-5)] {
            assert_eq!(expires_on(Some(&unset), Some(&on), NOW), Some(1_800_000_000), "{unset}");
        }
        assert_eq!(expires_on(Some(&json!(0)), None, NOW), Some(NOW));
        assert_eq!(expires_on(None, None, NOW), None);
    }
}
