//! Statistics: do two series of measurements differ?
//!
//! Medians with confidence intervals from order statistics, and the Mann-Whitney U test: neither
//! assumes that times are normally distributed, which they are not.

use statrs::distribution::{Binomial, DiscreteCDF};
use statrs::stats_tests::Alternative;
use statrs::stats_tests::mannwhitneyu::{MannWhitneyUMethod, mannwhitneyu};

/// How sure an interval is, at least.
pub const CONFIDENCE: f64 = 0.95;

/// A difference with a greater chance to come from noise alone is none.
pub const ALPHA: f64 = 0.05;

/// With fewer measurements on a side no difference can be that unlikely.
pub const MIN_SAMPLES: usize = 4;

/// More measurements add nothing.
const MAX_SAMPLES: usize = 1_000;

/// A series of measurements in short.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// How many there are.
    pub samples: usize,
    /// The median.
    pub median: f64,
    /// Where the median of all possible runs lies, with [`CONFIDENCE`]; six measurements are the
    /// fewest that can say.
    pub interval: Option<(f64, f64)>,
}

/// Sums measurements up; `None` without any.
pub fn summarize(samples: &[f64]) -> Option<Summary> {
    let sorted = sorted(samples);
    let (count, middle) = (sorted.len(), sorted.len() / 2);
    let above = *sorted.get(middle)?;
    let median = if count % 2 == 0 { f64::midpoint(sorted[middle - 1], above) } else { above };
    let rank = rank_of_bound(count);
    let interval = rank.map(|rank| (sorted[rank], sorted[count - 1 - rank]));
    Some(Summary { samples: count, median, interval })
}

/// Returns the greatest number of values that may lie outside on each side.
fn rank_of_bound(count: usize) -> Option<usize> {
    let chances = Binomial::new(0.5, u64::try_from(count).ok()?).ok()?;
    let outside = |rank: &usize| {
        u64::try_from(*rank).is_ok_and(|rank| chances.cdf(rank) <= (1.0 - CONFIDENCE) / 2.0)
    };
    (0..count / 2).take_while(outside).last()
}

/// Returns the chance that two series differ so much by noise alone; `None` when there are too few
/// measurements to say.
pub fn p_value(before: &[f64], after: &[f64]) -> Option<f64> {
    let (before, after) = (sorted(before), sorted(after));
    if before.len() < MIN_SAMPLES || after.len() < MIN_SAMPLES {
        return None;
    }
    let mut all = before.iter().chain(&after);
    let first = all.next()?;
    if all.all(|value| value.total_cmp(first).is_eq()) {
        return Some(1.0);
    }
    // Not the exact test: that of statrs 0.19 answers with the complement unless the second series is
    // the shorter one. This is nearly the same from four measurements on, and a bit stricter.
    let method = MannWhitneyUMethod::AsymptoticInclContinuityCorrection;
    mannwhitneyu(&before, &after, method, Alternative::TwoSided)
        .ok()
        .map(|(_, p)| p)
        .filter(|p| p.is_finite())
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    let finite = samples.iter().copied().filter(|value| value.is_finite());
    let mut sorted: Vec<f64> = finite.take(MAX_SAMPLES).collect();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_their_intervals() {
        assert_eq!(summarize(&[]), None);
        assert_eq!(summarize(&[f64::NAN]), None);
        let one = summarize(&[3.0]).unwrap();
        assert_eq!((one.median, one.interval), (3.0, None));
        // The textbook's: of 6 the whole range is 96.9 % sure, of 10 the second to the ninth 97.9 %.
        let six = summarize(&[6.0, 1.0, 2.0, 5.0, 3.0, 4.0]).unwrap();
        assert_eq!((six.median, six.interval), (3.5, Some((1.0, 6.0))));
        let ten: Vec<f64> = (1..=10).map(f64::from).collect();
        assert_eq!(summarize(&ten).unwrap().interval, Some((2.0, 9.0)));
        assert_eq!(summarize(&ten[..5]).unwrap().interval, None);
    }

    #[test]
    fn the_test_is_that_of_the_textbook() {
        // Four against four that do not overlap: 2 of the 70 orders are as extreme, 0.0286 of all;
        // the approximation says 0.0304: z = (16 - 8 - 0.5) / sqrt(12).
        let (low, high) = ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]);
        for (before, after) in [(low, high), (high, low)] {
            let p = p_value(&before, &after).unwrap();
            assert!((p - 0.0304).abs() < 1e-4, "{p}");
        }
        assert_eq!(p_value(&[1.0, 2.0, 3.0], &[5.0, 6.0, 7.0, 8.0]), None);
        assert_eq!(p_value(&[7.0; 10], &[7.0; 10]), Some(1.0));
        let low: Vec<f64> = (0..500).map(f64::from).collect();
        let high: Vec<f64> = (400..900).map(f64::from).collect();
        assert!(p_value(&low, &high).unwrap() < 1e-6);
        assert!(p_value(&low, &low).unwrap() > 0.9);
        // One side short, the other long.
        assert!(p_value(&low[..5], &high).unwrap() < ALPHA);
    }
}
