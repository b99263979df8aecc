//! A whole thread store, to begin your own from: run it with
//! `cargo run -p thread-store-conformance --example custom_store`.
//!
//! It keeps everything in a map behind one lock. Put your database in its place, one transaction
//! where the lock is taken, and keep the calls into the core crate: they decide what the contract
//! leaves no choice about (leases, repeated appends, pages, edits), so that every store decides it
//! alike. Only the first ring of the trait is here; forking, explaining and all short calls come
//! with it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use thread_store::*;
use thread_store_conformance::{Harness, Mode, run};

/// A handle. Clones share the data, as connections to one database would.
#[derive(Clone, Debug)]
pub struct CustomStore {
    clock: Arc<dyn Clock>,
    data: Arc<Mutex<Data>>,
}

#[derive(Debug, Default)]
struct Data {
    rows: BTreeMap<ThreadId, Row>,
    /// The last epoch granted. One counter for the whole store: no epoch ever comes twice, whatever
    /// is deleted.
    epoch: u64,
}

/// All that is kept of one thread. A database keeps `thread` as JSON and does not list its fields.
#[derive(Debug)]
struct Row {
    thread: StoredThread,
    items: Vec<RolloutItem>,
    lease: LeaseState,
    create_request: Option<String>,
    update_request: Option<String>,
}

impl CustomStore {
    /// An empty store with this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            data: Arc::default(),
        }
    }

    /// Begins a transaction. Nothing here awaits while it holds the lock, so a caller that drops
    /// a future half-way leaves its operation wholly done or wholly undone.
    fn data(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Data {
    /// The first two checks of nearly every operation: *not found*, then *archived*.
    fn row(&mut self, thread_id: ThreadId, include_archived: bool) -> Result<&mut Row> {
        let row = self
            .rows
            .get_mut(&thread_id)
            .ok_or_else(|| Error::not_found(thread_id))?;
        if row.thread.is_archived() && !include_archived {
            return Err(Error::archived(thread_id));
        }
        Ok(row)
    }

    /// A lease that fences every older one of the thread.
    fn grant(&mut self, thread_id: ThreadId, holder: Holder) -> Result<WriterLease> {
        self.epoch += 1;
        let epoch = Epoch::new(self.epoch);
        let row = self.row(thread_id, true)?;
        row.lease = LeaseState::granted(epoch, holder.clone());
        Ok(WriterLease::new(
            thread_id,
            epoch,
            holder,
            row.thread.next_ordinal,
        ))
    }

    /// The thread, and everything below it in the spawn relation if asked: parents first.
    fn subtree(&self, root: ThreadId, descendants: bool) -> Result<Vec<ThreadId>> {
        if !self.rows.contains_key(&root) {
            return Err(Error::not_found(root));
        }
        let mut found = vec![root];
        let mut next = 0;
        while descendants && next < found.len() {
            let parent = Some(found[next]);
            let is_new = |row: &&Row| {
                row.thread.spawn_parent() == parent && !found.contains(&row.thread.thread_id)
            };
            let children: Vec<_> = self
                .rows
                .values()
                .filter(is_new)
                .map(|row| row.thread.thread_id)
                .collect();
            found.extend(children);
            next += 1;
        }
        Ok(found)
    }

    /// One walk over a list. A database does this with an index and a `WHERE`; whatever it does has
    /// to find what `matches` finds.
    fn scan(&self, filter: &ListFilter, scan: &Scan) -> Vec<StoredThread> {
        let spawn_parent_of = |id| self.rows.get(&id)?.thread.spawn_parent();
        let place = |thread: &&StoredThread| Position::of(thread, scan.sort_key);
        let threads = self.rows.values().map(|row| &row.thread);
        let mut found: Vec<_> = threads
            .filter(|it| filter.matches(it, spawn_parent_of))
            .collect();
        found.sort_by_key(place);
        if scan.direction == Direction::Descending {
            found.reverse();
        }
        let is_after = |thread: &&StoredThread| match (scan.after, scan.direction) {
            (None, _) => true,
            (Some(after), Direction::Ascending) => place(thread) > after,
            (Some(after), Direction::Descending) => place(thread) < after,
        };
        found
            .into_iter()
            .filter(is_after)
            .take(scan.limit)
            .cloned()
            .collect()
    }
}

/// Does the work of an operation, and names it in its error.
fn during<T>(operation: Operation, work: impl FnOnce() -> Result<T>) -> Result<T> {
    work().map_err(|error| error.during(operation))
}

#[async_trait]
impl ThreadStore for CustomStore {
    /// Claim what is true: the suite tries what is claimed, and the refusal of what is not.
    fn capabilities(&self) -> Capabilities {
        Capabilities::volatile()
    }

    async fn create_thread(&self, params: CreateThread) -> Result<CreatedThread> {
        during(Operation::CreateThread, || {
            params.validate(&self.capabilities().limits)?;
            let thread_id = params.thread_id;
            let thread = params.to_thread(self.clock.now());
            let mut data = self.data();
            match data.rows.get(&thread_id) {
                // The call that made the thread, once more: its answer may have been lost on the way.
                Some(row)
                    if params.request_id.is_some() && row.create_request == params.request_id => {}
                Some(_) => return Err(Error::conflict(thread_id, Conflict::AlreadyExists)),
                None => {
                    let row = Row {
                        thread,
                        items: params.items,
                        lease: LeaseState::default(),
                        create_request: params.request_id,
                        update_request: None,
                    };
                    data.rows.insert(thread_id, row);
                }
            }
            let lease = match params.lease {
                Some(holder) => Some(data.grant(thread_id, holder)?),
                None => None,
            };
            let row = data.row(thread_id, true)?;
            Ok(CreatedThread::new(row.thread.clone(), lease))
        })
    }

    async fn resume_thread(&self, params: ResumeThread) -> Result<ResumedThread> {
        during(Operation::ResumeThread, || {
            let mut data = self.data();
            let row = data.row(params.thread_id, params.include_archived)?;
            // A store of several processes asks here whether the holder is still alive.
            if params.if_held == IfHeld::Refuse && row.lease.blocking().is_some() {
                return Err(row.lease.held_error(params.thread_id));
            }
            let thread = row.thread.clone();
            let lease = data.grant(params.thread_id, params.holder)?;
            Ok(ResumedThread::new(thread, lease))
        })
    }

    async fn append_items(&self, params: AppendItems) -> Result<AppendReceipt> {
        during(Operation::AppendItems, || {
            let (lease, items) = (params.lease, params.items);
            let mut data = self.data();
            let row = data.row(lease.thread_id, true)?;
            let end = row.thread.next_ordinal;
            row.lease.check(&lease, end)?;
            self.capabilities().limits.check_items(&items)?;
            let (expected, count) = (params.expected_ordinal, items.len());
            let first = expected.unwrap_or(end);
            let receipt = AppendReceipt::new(first, count);
            // What of the batch stands already, since this very call came before.
            let standing = match AppendStep::new(lease.thread_id, expected, count, end)? {
                AppendStep::Write => 0,
                AppendStep::Compare(range) => {
                    let stored = &row.items[range.start as usize..range.end as usize];
                    let stored = stored.iter().cloned();
                    reconcile_append(lease.thread_id, first, &items, stored, end)?
                }
            };
            row.items.extend(items.into_iter().skip(standing));
            row.thread.next_ordinal = Ordinal::ZERO.plus(row.items.len());
            Ok(receipt)
        })
    }

    async fn flush_thread(&self, lease: WriterLease) -> Result<()> {
        during(Operation::FlushThread, || {
            let mut data = self.data();
            let row = data.row(lease.thread_id, true)?;
            // A store that claims durability on flush writes to the disk here.
            row.lease.check(&lease, row.thread.next_ordinal)
        })
    }

    async fn release_lease(&self, params: ReleaseLease) -> Result<()> {
        during(Operation::ReleaseLease, || {
            let mut data = self.data();
            let row = data.row(params.lease.thread_id, true)?;
            let end = row.thread.next_ordinal;
            if row.lease.check_release(&params.lease, params.mode, end)? {
                row.lease.released = true;
            }
            Ok(())
        })
    }

    async fn load_history(&self, params: LoadHistory) -> Result<HistoryPage> {
        during(Operation::LoadHistory, || {
            let mut data = self.data();
            let row = data.row(params.thread_id, params.include_archived)?;
            let plan = params.plan(row.thread.next_ordinal)?;
            let found = &row.items[plan.take.start as usize..plan.take.end as usize];
            let mut items = Items::new(params.direction);
            items.push_run(Ordinal::new(plan.take.start), found.into(), 0..found.len());
            Ok(HistoryPage::new(items, row.thread.next_ordinal, plan.rest))
        })
    }

    async fn read_thread(&self, params: ReadThread) -> Result<StoredThread> {
        during(Operation::ReadThread, || {
            let mut data = self.data();
            let row = data.row(params.thread_id, params.include_archived)?;
            Ok(row.thread.clone())
        })
    }

    async fn list_threads(&self, params: ListThreads) -> Result<ThreadPage> {
        during(Operation::ListThreads, || {
            let plan = ListPlan::new(&params, &self.capabilities().limits)?;
            let data = self.data();
            let rows = data.scan(&params.filter, &plan.scan());
            let follow_up = plan.follow_up(&rows);
            let followed =
                follow_up.is_some_and(|scan| !data.scan(&params.filter, &scan).is_empty());
            Ok(plan.page(rows, followed))
        })
    }

    async fn update_thread_metadata(&self, params: UpdateThreadMetadata) -> Result<StoredThread> {
        during(Operation::UpdateThreadMetadata, || {
            let mut data = self.data();
            let row = data.row(params.thread_id, params.include_archived)?;
            edit_metadata(&mut row.thread, &mut row.update_request, &params)?;
            Ok(row.thread.clone())
        })
    }

    async fn set_archived(&self, params: SetArchived) -> Result<ChangedThreads> {
        during(Operation::SetArchived, || {
            let now = self.clock.now();
            let mut data = self.data();
            let mut changed = data.subtree(params.thread_id, params.descendants)?;
            changed.retain(|id| data.rows[id].thread.is_archived() != params.archived);
            for thread_id in &changed {
                data.epoch += 1;
                let epoch = Epoch::new(data.epoch);
                let row = data.row(*thread_id, true)?;
                row.thread.archived_at = params.archived.then_some(now);
                if params.archived {
                    row.lease = LeaseState::fenced(epoch);
                }
            }
            Ok(ChangedThreads::new(changed))
        })
    }

    async fn delete_thread(&self, params: DeleteThread) -> Result<ChangedThreads> {
        during(Operation::DeleteThread, || {
            let mut data = self.data();
            let deleted = data.subtree(params.thread_id, params.descendants)?;
            data.rows.retain(|id, _| !deleted.contains(id));
            Ok(ChangedThreads::new(deleted))
        })
    }
}

/// What the suite needs to know: how to open a handle on the same data.
pub struct CustomHarness {
    store: CustomStore,
    clock: ManualClock,
}

impl CustomHarness {
    /// A harness over empty data; the suite asks for one for every case.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let clock = ManualClock::new(Timestamp::from_millis(1_800_000_000_000));
        Self {
            store: CustomStore::new(Arc::new(clock.clone())),
            clock,
        }
    }
}

#[async_trait]
impl Harness for CustomHarness {
    async fn open(&self) -> Result<Arc<dyn ThreadStore>> {
        Ok(Arc::new(self.store.clone()))
    }

    /// With the clock of the store in its hands the suite can check the times it gives.
    fn clock(&self) -> Option<ManualClock> {
        Some(self.clock.clone())
    }
}

/// Runs the whole suite and prints what came of it. In a test, `conformance_tests!` does the same
/// with one `#[test]` for every case.
#[tokio::main]
#[allow(clippy::print_stdout)]
async fn main() -> std::process::ExitCode {
    let report = run(CustomHarness::new, Mode::AsShipped).await;
    println!("{report}");
    std::process::ExitCode::from(u8::from(report.failures().next().is_some()))
}
