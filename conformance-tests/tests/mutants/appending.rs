//! Faults in appending.

use thread_store::*;

use crate::items;
use crate::mutant::Mutant as M;
use crate::store::Mutated;

impl Mutated {
    pub(crate) async fn append(&self, mut params: AppendItems) -> Result<AppendReceipt> {
        let thread_id = params.lease.thread_id;
        let count = params.items.len();
        let end = self.memory().next_ordinal(thread_id).await.unwrap_or_default();
        let first = params.expected_ordinal.unwrap_or(end);
        let told = AppendReceipt::new(first, count);
        let during = |error: Error| error.during(Operation::AppendItems);
        let conflict = || {
            let conflict = Conflict::Ordinal { expected: first, actual: end };
            Err(during(Error::conflict(thread_id, conflict)))
        };
        if self.is(M::SizeBeforeFenced) {
            self.check_size(&params)?;
        }
        match self.mutant {
            Some(M::OrdinalBeforeFenced) if first > end => return conflict(),
            Some(M::EmptyBatchNeedsNoLease) if count == 0 => return Ok(told),
            Some(M::LeaseOnDeletedIsFenced) if self.memory().thread(thread_id).await.is_err() => {
                let (epoch, current) = (params.lease.epoch, Epoch::new(u64::MAX));
                let fenced = Conflict::Fenced { epoch, current, holder: None, next_ordinal: end };
                return Err(during(Error::conflict(thread_id, fenced)));
            }
            _ => {}
        }
        params.lease = self.inward(params.lease);
        if self.is(M::StaleLeasesAppend) {
            params.lease = self.newest(params.lease);
        }
        self.check(&params.lease).await.map_err(|error| renamed(&error, Operation::AppendItems))?;
        self.check_size(&params)?;
        match self.mutant {
            Some(M::IgnoresExpectedOrdinal) => params.expected_ordinal = None,
            Some(M::RefusesRepeats) if first < end => return conflict(),
            Some(M::RefusesPartRepeats) if first < end && end < told.next => return conflict(),
            Some(M::TakesAnyRepeat) if first < end && told.next <= end => return Ok(told),
            Some(M::WritesRepeatsAgain) if first < end => {
                self.memory().append_items(params.clone()).await?;
                params.expected_ordinal = None;
            }
            Some(M::LosesAnItem) if count > 1 => drop(params.items.pop()),
            Some(M::SwapsItems) if count > 1 => params.items.swap(0, 1),
            Some(M::LimitsDepth) if params.items.iter().any(items::is_deep) => {
                return Err(during(Error::invalid("item", "nested too deeply").about(thread_id)));
            }
            Some(M::LimitsSize) if params.items.iter().any(|item| item.len() > 1 << 20) => {
                return Err(during(Error::invalid("items", "too large").about(thread_id)));
            }
            Some(M::AppendsItemByItem) => self.append_all_but_last(&mut params).await?,
            _ => {}
        }
        params.items = params.items.iter().map(|item| self.stored(item)).collect();
        let receipt = self.memory().append_items(params).await?;
        match self.mutant {
            Some(M::AppendMovesUpdatedAt) => drop(self.move_updated_at(thread_id).await?),
            Some(M::AppendDerivesAPreview) => {
                let preview = |_: &_| ThreadMetadataPatch::default().preview("derived".to_owned());
                self.edit(thread_id, preview).await?;
            }
            Some(M::ReceiptIsOffByOne) => return Ok(AppendReceipt::new(first, count + 1)),
            Some(M::AppendsItemByItem | M::LosesAnItem) => return Ok(told),
            _ => {}
        }
        Ok(receipt)
    }

    fn check_size(&self, params: &AppendItems) -> Result<()> {
        let checked = self.capabilities().limits.check_items(&params.items);
        let about = |error: Error| error.about(params.lease.thread_id);
        checked.map_err(|error| about(error).during(Operation::AppendItems))
    }

    /// What is stored in the place of an item.
    pub(crate) fn stored(&self, item: &RolloutItem) -> RolloutItem {
        match self.mutant {
            Some(M::ChangesALetter) => items::with_changed_letter(item),
            Some(M::LosesWhiteSpace) => items::without_white_space(item),
            Some(M::SortsMembers) => items::from_value_tree(item),
            _ => item.clone(),
        }
    }

    async fn append_all_but_last(&self, params: &mut AppendItems) -> Result<()> {
        while params.items.len() > 1 {
            let mut one = params.clone();
            one.items.truncate(1);
            self.memory().append_items(one).await?;
            params.items.remove(0);
            params.expected_ordinal = params.expected_ordinal.map(|it| it.plus(1));
            tokio::task::yield_now().await;
        }
        Ok(())
    }
}

/// The error as one of another operation.
pub(crate) fn renamed(error: &Error, operation: Operation) -> Error {
    let renamed = Error::new(error.kind().clone()).during(operation);
    match error.thread_id() {
        Some(thread_id) => renamed.about(thread_id),
        None => renamed,
    }
}
