//! Whatever is done in whatever order, a history is what was appended.

use proptest::prelude::*;
use thread_store::{HistoryPlan, OrdinalRange};

use super::*;

#[derive(Clone, Debug)]
enum Step {
    /// Items of these sizes.
    Append(Vec<usize>),
    /// One step of merging, up to this share of the history.
    Merge(f64),
    MergeAll,
    Compress,
    Read {
        from: f64,
        to: Option<f64>,
        descending: bool,
        limit: Option<usize>,
    },
}

/// Most are small, some fill chunks, few are larger than one.
fn size() -> impl Strategy<Value = usize> {
    prop_oneof![20 => 20..2000_usize, 2 => 2000..40_000_usize, 1 => 60_000..200_000_usize]
}

fn step() -> impl Strategy<Value = Step> {
    let share = || 0.0..1.2_f64;
    prop_oneof![
        6 => prop::collection::vec(size(), 0..20).prop_map(Step::Append),
        3 => share().prop_map(Step::Merge),
        1 => Just(Step::MergeAll),
        1 => Just(Step::Compress),
        6 => (share(), prop::option::of(share()), any::<bool>(), prop::option::of(1..80_usize))
            .prop_map(|(from, to, descending, limit)| Step::Read { from, to, descending, limit }),
    ]
}

impl Thread {
    fn at(&self, share: f64) -> u64 {
        (self.items.len() as f64 * share) as u64
    }

    async fn take(&mut self, step: &Step) {
        match step {
            Step::Append(sizes) => {
                let from = self.items.len();
                let items: Vec<_> =
                    sizes.iter().enumerate().map(|(n, bytes)| item(from + n, *bytes)).collect();
                self.append(&items).await;
            }
            Step::Merge(share) => drop(self.step(self.at(*share)).await),
            Step::MergeAll => {
                self.merge().await;
                assert_eq!(self.tail().await, 0);
            }
            Step::Compress => self.compress().await,
            Step::Read { from, to, descending, limit } => {
                let from = Ordinal::new(self.at(*from));
                let range = match to {
                    Some(more) => OrdinalRange::between(from, from.plus(self.at(*more) as usize)),
                    None => OrdinalRange::from(from),
                };
                let direction =
                    if *descending { Direction::Descending } else { Direction::Ascending };
                let load = whole().with_range(range).with_direction(direction);
                self.expect(&load.with_limit(*limit)).await;
            }
        }
    }

    async fn expect(&mut self, load: &LoadHistory) {
        let page = self.read(load).await;
        let end = Ordinal::new(self.items.len() as u64);
        let HistoryPlan { take, rest } = load.plan(end).unwrap();
        let mut ordinals: Vec<u64> = take.collect();
        if load.direction == Direction::Descending {
            ordinals.reverse();
        }
        let found: Vec<_> = page.items.iter().collect();
        assert_eq!(found.iter().map(|it| it.ordinal.get()).collect::<Vec<_>>(), ordinals);
        assert!(found.iter().all(|it| it.item == self.items[it.ordinal.get() as usize]));
        assert_eq!((page.next_ordinal, page.rest), (end, rest));
        assert!(page.damage.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_history_is_what_was_appended_however_it_is_kept(
        created in prop::collection::vec(size(), 0..30),
        steps in prop::collection::vec(step(), 0..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let created = created.iter().enumerate().map(|(n, bytes)| item(n, *bytes)).collect();
            let mut thread = Thread::created(created).await;
            for step in &steps {
                thread.take(step).await;
            }
            thread.expect_all().await;
        });
    }
}
