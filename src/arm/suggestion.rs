//! Near misses: what a misspelt name was probably meant to be.

/// The names nearest to `name`, nearest first, three at most, none that is too far.
pub(super) fn nearest<'a>(name: &str, all: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let wanted = name.to_lowercase();
    let mut ranked: Vec<(usize, &str)> = all
        .into_iter()
        .map(|candidate| {
            let lower = candidate.to_lowercase();
            let distance = if lower.contains(&wanted) && wanted.len() > 2 { 1 } else { distance(&wanted, &lower) };
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= (wanted.chars().count() / 3).max(2))
        .collect();
    ranked.sort();
    ranked.into_iter().map(|(_, candidate)| candidate).take(3).collect()
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        for (j, to) in b.iter().enumerate() {
            let (Some(&left), Some(&up)) = (row.get(j), row.get(j + 1)) else { break };
            let cost = (diagonal + usize::from(from != *to)).min(left + 1).min(up + 1);
            diagonal = up;
            if let Some(cell) = row.get_mut(j + 1) {
                *cell = cost;
            }
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found() {
        let all = ["Reader", "Contributor", "Owner", "Virtual Machine Contributor", "User Access Administrator"];
        assert_eq!(nearest("Raeder", all), ["Reader"]);
        assert_eq!(nearest("contributer", all), ["Contributor"]);
        assert_eq!(nearest("Machine", all), ["Virtual Machine Contributor"]);
        assert!(nearest("zzzzzz", all).is_empty());
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
