use super::*;

fn stored(ordinals: impl Iterator<Item = u64>) -> Vec<StoredItem> {
    ordinals
        .map(|n| StoredItem {
            ordinal: Ordinal::new(n),
            item: RolloutItem::try_from(format!("{{\"n\":{n}}}").as_str()).unwrap(),
        })
        .collect()
}

#[test]
fn items_come_back_in_the_direction_of_the_page() {
    for (direction, items) in [
        (Direction::Ascending, stored(3..9)),
        (Direction::Descending, stored((3..9).rev())),
        (Direction::Ascending, stored([1, 2, 5, 6].into_iter())),
        (Direction::Descending, stored([6, 5, 2].into_iter())),
    ] {
        let page = Items::from_vec(items.clone(), direction);
        assert_eq!(page.iter().collect::<Vec<_>>(), items);
        assert_eq!(page.len(), items.len());
        assert!(page.into_ascending().is_sorted_by_key(|item| item.ordinal));
    }
}

#[test]
fn pages_put_together_are_the_range() {
    for direction in [Direction::Ascending, Direction::Descending] {
        for limit in 1..7 {
            let mut seen = Vec::new();
            let mut next = Some(OrdinalRange::between(Ordinal::new(2), Ordinal::new(7)));
            while let Some(range) = next {
                let plan =
                    HistoryPlan::new(range, direction, Some(limit), Ordinal::new(6)).unwrap();
                let mut page: Vec<u64> = plan.take.collect();
                if direction == Direction::Descending {
                    page.reverse();
                }
                seen.extend(page);
                next = plan.rest;
            }
            if direction == Direction::Descending {
                seen.reverse();
            }
            assert_eq!(seen, [2, 3, 4, 5]);
        }
    }
}

#[test]
fn a_range_beyond_the_end_is_empty_and_a_backward_one_is_refused() {
    let plan = |from, to: Option<u64>| {
        let range = OrdinalRange { from: Ordinal::new(from), to: to.map(Ordinal::new) };
        HistoryPlan::new(range, Direction::Ascending, None, Ordinal::new(4))
    };
    assert!(plan(9, None).unwrap().take.is_empty());
    assert_eq!(plan(1, Some(9)).unwrap().take, 1..4);
    assert!(plan(3, Some(2)).is_err());
}
