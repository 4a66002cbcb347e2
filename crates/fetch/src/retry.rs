//! When a request that failed is sent again.

use std::time::Duration;

use jiff::Timestamp;

use crate::settings::Settings;

/// Whether a status sends the client elsewhere.
pub(crate) fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// The wait before retry number `attempt` (0 is the first): exponential, with half of it left to chance, so that hosts
/// that failed together are not asked together again.
pub(crate) fn backoff(attempt: u32, settings: &Settings, jitter: &mut fastrand::Rng) -> Duration {
    let doubled = settings.backoff_seconds * 2f64.powi(i32::try_from(attempt.min(30)).unwrap_or(30));
    let longest = doubled.min(settings.max_backoff_seconds);
    Duration::from_secs_f64(longest * (0.5 + 0.5 * jitter.f64()))
}

/// The wait that a Retry-After header asks for (RFC 9110, 10.2.3): seconds, or a date.
pub(crate) fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty() {
        // More digits than fit are a wait that nobody makes.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::defaults;

    #[test]
    fn backoff_doubles_up_to_the_longest_and_follows_the_seed() {
        let settings = Settings { backoff_seconds: 2.0, max_backoff_seconds: 10.0, ..defaults() };
        let waits = |seed| -> Vec<f64> {
            let mut jitter = fastrand::Rng::with_seed(seed);
            (0..40).map(|attempt| backoff(attempt, &settings, &mut jitter).as_secs_f64()).collect()
        };
        let first = waits(1);
        assert!((1.0..=2.0).contains(&first[0]) && (2.0..=4.0).contains(&first[1]) && (4.0..=8.0).contains(&first[2]));
        assert!(first[3..].iter().all(|wait| (5.0..=10.0).contains(wait)));
        assert_eq!(first, waits(1));
        assert_ne!(first, waits(2));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2026-11-22T10:00:00Z".parse().unwrap();
        assert_eq!(retry_after("120", now), Some(Duration::from_secs(120)));
        assert_eq!(retry_after("Sun, 22 Nov 2026 10:00:30 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(retry_after("Sun, 22 Nov 2026 09:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
        assert_eq!(retry_after("-5", now), None);
        assert!(retry_after("99999999999999999999999", now).unwrap() > Duration::from_secs(1 << 30));
    }
}
