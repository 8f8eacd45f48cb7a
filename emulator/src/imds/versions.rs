//! The service's api-versions.

/// All of them, oldest first.
pub(super) const ALL: [&str; 35] = [
    "2017-03-01",
    "2017-04-02",
    "2017-08-01",
    "2017-10-01",
    "2017-12-01",
    "2018-02-01",
    "2018-04-02",
    "2018-10-01",
    "2019-02-01",
    "2019-03-11",
    "2019-04-30",
    "2019-06-01",
    "2019-06-04",
    "2019-08-01",
    "2019-08-15",
    "2019-11-01",
    "2020-06-01",
    "2020-07-15",
    "2020-09-01",
    "2020-10-01",
    "2020-12-01",
    "2021-01-01",
    "2021-02-01",
    "2021-03-01",
    "2021-05-01",
    "2021-10-01",
    "2021-11-01",
    "2021-11-15",
    "2021-12-13",
    "2023-07-01",
    "2023-11-15",
    "2024-03-15",
    "2024-07-17",
    "2024-11-01",
    "2025-04-07",
];

/// The first version that has managed identities.
pub(super) const FIRST_WITH_IDENTITY: &str = "2018-02-01";

/// What a refusal recommends.
pub(super) fn newest() -> [&'static str; 3] {
    let [.., third, second, first] = ALL;
    [first, second, third]
}

/// The version asked for, where the service knows it. Dates in this form compare as text.
pub(super) fn known(asked: &str, since: &str) -> Option<&'static str> {
    ALL.into_iter().find(|version| *version == asked && *version >= since)
}
