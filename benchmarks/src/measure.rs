//! Rounds, taken in turns so that what else the machine does falls on all sides alike, and what
//! they say: medians, quantiles, ratios, and whether a bar is reached.
//!
//! All that is claimed is a ratio of two sides of the same rounds. Its value is the median of the
//! ratios of the rounds, not the ratio of two medians: a slow minute of the machine is in both parts.

use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::Failure;

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unit {
    Millis,
    Micros,
    /// So many of these each second.
    Rate(&'static str),
    /// So many bytes for each byte of the payload.
    PerByte,
    Megabytes,
}

impl Unit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Millis => "ms",
            Self::Micros => "µs",
            Self::Rate(name) => name,
            Self::PerByte => "bytes per byte",
            Self::Megabytes => "MB",
        }
    }

    /// The value of a sample in this unit: times are kept in milliseconds.
    fn of(self, value: f64) -> f64 {
        match self {
            Self::Micros => value * 1000.0,
            _ => value,
        }
    }
}

/// How good is good enough, and what there is to say where it is not reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bar {
    pub(crate) limit: f64,
    /// Whether more is better.
    at_least: bool,
    pub(crate) note: Option<&'static str>,
}

impl Bar {
    /// For rates.
    pub(crate) const fn at_least(limit: f64) -> Self {
        Self { limit, at_least: true, note: None }
    }

    /// For times and sizes.
    pub(crate) const fn at_most(limit: f64) -> Self {
        Self { limit, at_least: false, note: None }
    }

    /// Why it may not be reached, and what would reach it.
    pub(crate) const fn note(self, note: &'static str) -> Self {
        Self { note: Some(note), ..self }
    }

    pub(crate) fn holds(self, ratio: f64) -> bool {
        if self.at_least { ratio >= self.limit } else { ratio <= self.limit }
    }

    /// As people write it.
    pub(crate) fn text(self) -> String {
        format!("{} {}", if self.at_least { "≥" } else { "≤" }, self.limit)
    }
}

/// What one round of one side gave.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    value: f64,
    /// What single operations took, in milliseconds.
    latencies: Vec<f64>,
}

impl Sample {
    /// So many operations in this time.
    pub(crate) fn rate(count: usize, took: Duration, latencies: &[Duration]) -> Self {
        let latencies = latencies.iter().map(|time| millis(*time)).collect();
        Self { value: count as f64 / took.as_secs_f64(), latencies }
    }

    /// The best of some times.
    pub(crate) fn best(times: &[Duration]) -> Self {
        let latencies: Vec<_> = times.iter().map(|time| millis(*time)).collect();
        Self { value: latencies.iter().copied().fold(f64::INFINITY, f64::min), latencies }
    }

    /// A value that is no time.
    pub(crate) fn value(value: f64) -> Self {
        Self { value, latencies: vec![value] }
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// What one side gave, round by round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rounds(Vec<Sample>);

impl Rounds {
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn median(&self, unit: Unit) -> f64 {
        unit.of(median(self.values().collect()))
    }

    /// What this part of all operations stayed below: times, also where a rate is counted.
    pub(crate) fn quantile(&self, part: f64, unit: Unit) -> f64 {
        let all = self.0.iter().flat_map(|sample| sample.latencies.iter().copied()).collect();
        unit.of(quantile(all, part))
    }

    /// The median over the rounds of how many times the other side it is.
    pub(crate) fn against(&self, base: &Self) -> f64 {
        median(self.values().zip(base.values()).map(|(ours, base)| ours / base).collect())
    }

    fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.0.iter().map(|sample| sample.value)
    }
}

impl FromIterator<Sample> for Rounds {
    fn from_iter<T: IntoIterator<Item = Sample>>(samples: T) -> Self {
        Self(samples.into_iter().collect())
    }
}

fn median(values: Vec<f64>) -> f64 {
    quantile(values, 0.5)
}

/// The value that this part of the values is at or below; between two, the nearer.
fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let index = (values.len().saturating_sub(1) as f64 * part).round() as usize;
    values.get(index).copied().unwrap_or(f64::NAN)
}

/// How many rounds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    /// What has taken longer than this in all begins no other round.
    pub(crate) budget: Duration,
}

impl Plan {
    /// There is one round, however long it takes.
    fn goes_on(self, done: usize, began: Instant) -> bool {
        done < self.rounds && (done == 0 || began.elapsed() < self.budget)
    }
}

type Round<'a> = Pin<Box<dyn Future<Output = Result<Sample, Failure>> + 'a>>;

/// Ours, or a baseline.
pub(crate) struct Side<'a> {
    pub(crate) name: &'static str,
    pub(crate) bar: Option<Bar>,
    run: Box<dyn FnMut() -> Round<'a> + 'a>,
}

/// How a short piece of work is timed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tries {
    /// A round takes the best of so many: they are shorter than what a busy machine gives to others
    /// at a time.
    pub(crate) best_of: usize,
    /// Each of so many calls, for what is too short for the clock.
    pub(crate) calls: u32,
}

impl Tries {
    pub(crate) const SHORT: Self = Self { best_of: 5, calls: 1 };
    pub(crate) const LONG: Self = Self { best_of: 1, calls: 1 };
    pub(crate) const TINY: Self = Self { best_of: 5, calls: 100 };
}

impl<'a> Side<'a> {
    /// A side that makes its samples itself.
    pub(crate) fn new<F, R>(name: &'static str, mut run: F) -> Self
    where
        F: FnMut() -> R + 'a,
        R: Future<Output = Result<Sample, Failure>> + 'a,
    {
        Self { name, bar: None, run: Box::new(move || Box::pin(run())) }
    }

    /// A side that is timed.
    pub(crate) fn timed<F, R, T>(name: &'static str, tries: Tries, run: F) -> Self
    where
        F: Fn() -> R + 'a,
        R: Future<Output = Result<T, Failure>> + 'a,
        T: 'a,
    {
        let run = Rc::new(run);
        Self::new(name, move || {
            let run = Rc::clone(&run);
            async move {
                let mut times = Vec::with_capacity(tries.best_of);
                for _ in 0..tries.best_of {
                    let start = Instant::now();
                    for _ in 0..tries.calls {
                        black_box(run().await?);
                    }
                    times.push(start.elapsed() / tries.calls);
                }
                Ok(Sample::best(&times))
            }
        })
    }

    /// A side that is timed and awaits nothing.
    pub(crate) fn plain<F, T>(name: &'static str, tries: Tries, run: F) -> Self
    where
        F: Fn() -> Result<T, Failure> + 'a,
        T: 'a,
    {
        let run = Rc::new(run);
        Self::timed(name, tries, move || {
            let run = Rc::clone(&run);
            async move { run() }
        })
    }

    /// What ours has to reach against this side.
    pub(crate) fn bar(mut self, bar: Bar) -> Self {
        self.bar = Some(bar);
        self
    }
}

/// Runs every side once to warm up, and then round by round, in an order that alternates.
pub(crate) async fn paired(plan: Plan, sides: &mut [Side<'_>]) -> Result<Vec<Rounds>, Failure> {
    let mut rounds = vec![Rounds::default(); sides.len()];
    let began = Instant::now();
    for side in sides.iter_mut() {
        (side.run)().await?;
    }
    let mut done = 0;
    while plan.goes_on(done, began) {
        for step in 0..sides.len() {
            let at = if done % 2 == 0 { step } else { sides.len() - 1 - step };
            rounds[at].0.push((sides[at].run)().await?);
        }
        done += 1;
    }
    Ok(rounds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounds(values: &[f64]) -> Rounds {
        values.iter().map(|value| Sample::value(*value)).collect()
    }

    #[test]
    fn a_ratio_is_the_median_of_the_rounds_and_not_of_the_sides() {
        let (ours, base) = (rounds(&[1.0, 20.0, 3.0]), rounds(&[2.0, 10.0, 12.0]));
        assert_eq!(ours.against(&base), 0.5);
        assert_eq!(ours.median(Unit::Millis) / base.median(Unit::Millis), 0.3);
    }

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(quantile(values.clone(), 0.0), 1.0);
        assert_eq!(quantile(values.clone(), 0.5), 51.0);
        assert_eq!(quantile(values.clone(), 0.99), 99.0);
        assert_eq!(quantile(values, 1.0), 100.0);
        assert!(quantile(vec![], 0.5).is_nan());
    }

    #[test]
    fn rates_have_to_be_high_and_times_low() {
        let (rate, time) = (Bar::at_least(0.9), Bar::at_most(3.0));
        assert!(rate.holds(0.9) && rate.holds(2.0) && !rate.holds(0.89));
        assert!(time.holds(3.0) && time.holds(0.1) && !time.holds(3.01));
        assert!(!rate.holds(f64::NAN) && !time.holds(f64::NAN));
        assert_eq!((rate.text().as_str(), time.text().as_str()), ("≥ 0.9", "≤ 3"));
    }

    #[test]
    fn a_round_takes_the_best_of_its_times_and_quantiles_take_all() {
        let times = [5, 2, 9].map(Duration::from_millis);
        let rounds: Rounds = [Sample::best(&times)].into_iter().collect();
        assert_eq!(rounds.median(Unit::Micros), 2000.0);
        assert_eq!(rounds.quantile(0.99, Unit::Millis), 9.0);
    }

    #[tokio::test]
    async fn sides_take_turns_and_the_order_alternates() {
        let order = std::cell::RefCell::new(String::new());
        let side = |name: &'static str| {
            let order = &order;
            Side::new(name, move || {
                order.borrow_mut().push_str(name);
                async { Ok(Sample::value(1.0)) }
            })
        };
        let plan = Plan { rounds: 3, budget: Duration::from_secs(60) };
        let rounds = paired(plan, &mut [side("a"), side("b"), side("c")]).await.unwrap();
        assert_eq!(*order.borrow(), "abcabccbaabc");
        assert!(rounds.iter().all(|rounds| rounds.count() == 3));
    }

    #[tokio::test]
    async fn long_rounds_are_few() {
        let mut sides = [Side::new("a", || async { Ok(Sample::value(1.0)) })];
        let plan = Plan { rounds: 50, budget: Duration::ZERO };
        assert_eq!(paired(plan, &mut sides).await.unwrap()[0].count(), 1);
    }
}
