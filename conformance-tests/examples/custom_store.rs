//! A whole thread store, to begin your own from: run it with
//! `cargo run -p thread-store-conformance --example custom_store`.
//!
//! It keeps everything in a map behind one lock. Put your database in its place, and a transaction
//! where the lock is taken. The calls into the core crate stay: they decide what the contract leaves
//! no choice about (leases, repeated appends, pages, edits). Forking, explaining and all short calls
//! come with the twelve methods here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use thread_store::*;
use thread_store_conformance::{Harness, Mode, run};

/// A handle. Clones share the data, as connections to one database would.
#[derive(Clone, Debug, Default)]
pub struct CustomStore(Arc<Mutex<Data>>);

#[derive(Debug, Default)]
struct Data {
    rows: BTreeMap<ThreadId, Row>,
    /// The last epoch of the whole store: so none comes twice, whatever is deleted.
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
    /// Does the work of one operation in one transaction, and names the operation in its error. It
    /// awaits nothing: a future that is dropped half-way has not begun or is done.
    fn transact<T>(
        &self,
        operation: Operation,
        work: impl FnOnce(&mut Data) -> Result<T>,
    ) -> Result<T> {
        let mut data = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut data).map_err(|error| error.during(operation))
    }
}

impl Data {
    /// The first checks of nearly every operation: *not found*, then *archived*.
    fn row(&mut self, id: ThreadId, include_archived: bool) -> Result<&mut Row> {
        let row = self.rows.get_mut(&id).ok_or_else(|| Error::not_found(id))?;
        let refused = row.thread.is_archived() && !include_archived;
        if refused { Err(Error::archived(id)) } else { Ok(row) }
    }

    fn next_epoch(&mut self) -> Epoch {
        self.epoch += 1;
        Epoch::new(self.epoch)
    }

    /// A lease that fences every older one of the thread.
    fn grant(&mut self, id: ThreadId, holder: Holder) -> Result<WriterLease> {
        let epoch = self.next_epoch();
        let row = self.row(id, true)?;
        row.lease = LeaseState::granted(epoch, holder.clone());
        Ok(WriterLease::new(id, epoch, holder, row.thread.next_ordinal))
    }

    /// The thread, and all below it if asked.
    fn subtree(&mut self, root: ThreadId, descendants: bool) -> Result<Vec<ThreadId>> {
        self.row(root, true)?;
        let threads = self.rows.values().map(|row| &row.thread);
        let children_of = |parent| {
            let children = threads.clone().filter(move |it| it.spawn_parent() == Some(parent));
            children.map(|it| it.thread_id)
        };
        Ok(if descendants { spawn_subtree(root, children_of) } else { vec![root] })
    }

    /// One walk over a list: in a database an index and a `WHERE`.
    fn scan(&self, filter: &ListFilter, scan: &Scan) -> Vec<StoredThread> {
        let threads = self.rows.values().map(|row| &row.thread);
        scan.select(filter, threads, |id| self.rows.get(&id)?.thread.spawn_parent())
    }
}

#[async_trait]
impl ThreadStore for CustomStore {
    /// Claim what is true: the suite tries what is claimed, and the refusal of what is not.
    fn capabilities(&self) -> Capabilities {
        Capabilities::volatile()
    }

    async fn create_thread(&self, params: CreateThread) -> Result<CreatedThread> {
        self.transact(Operation::CreateThread, |data| {
            params.validate(&self.capabilities().limits)?;
            let (id, thread) = (params.thread_id, params.to_thread(SystemClock.now()));
            let CreateThread { items, request_id: create_request, lease: holder, .. } = params;
            match data.rows.get(&id) {
                // The very call that made the thread: its answer may have been lost on the way.
                Some(row) if create_request.is_some() && row.create_request == create_request => {}
                Some(_) => return Err(Error::conflict(id, Conflict::AlreadyExists)),
                None => {
                    let (lease, update_request) = (LeaseState::default(), None);
                    data.rows
                        .insert(id, Row { thread, items, lease, create_request, update_request });
                }
            }
            let lease = holder.map(|holder| data.grant(id, holder)).transpose()?;
            Ok(CreatedThread::new(data.row(id, true)?.thread.clone(), lease))
        })
    }

    async fn resume_thread(&self, params: ResumeThread) -> Result<ResumedThread> {
        self.transact(Operation::ResumeThread, |data| {
            let row = data.row(params.thread_id, params.include_archived)?;
            // A store of several processes asks here whether the holder is still alive.
            if params.if_held == IfHeld::Refuse && row.lease.blocking().is_some() {
                return Err(row.lease.held_error(params.thread_id));
            }
            let thread = row.thread.clone();
            Ok(ResumedThread::new(thread, data.grant(params.thread_id, params.holder)?))
        })
    }

    async fn append_items(&self, params: AppendItems) -> Result<AppendReceipt> {
        self.transact(Operation::AppendItems, |data| {
            let AppendItems { lease, items, expected_ordinal, .. } = params;
            let Row { thread, items: stored, lease: state, .. } =
                data.row(lease.thread_id, true)?;
            let end = thread.next_ordinal;
            state.check(&lease, end)?;
            self.capabilities().limits.check_items(&items)?;
            let (receipt, standing) =
                plan_append(lease.thread_id, expected_ordinal, &items, end, |range| {
                    Ok(stored[range.start as usize..range.end as usize].to_vec())
                })?;
            stored.extend(items.into_iter().skip(standing));
            thread.next_ordinal = Ordinal::ZERO.plus(stored.len());
            Ok(receipt)
        })
    }

    async fn flush_thread(&self, lease: WriterLease) -> Result<()> {
        self.transact(Operation::FlushThread, |data| {
            let row = data.row(lease.thread_id, true)?;
            row.lease.check(&lease, row.thread.next_ordinal)
        })
    }

    async fn release_lease(&self, params: ReleaseLease) -> Result<()> {
        self.transact(Operation::ReleaseLease, |data| {
            let row = data.row(params.lease.thread_id, true)?;
            let end = row.thread.next_ordinal;
            row.lease.released |= row.lease.check_release(&params.lease, params.mode, end)?;
            Ok(())
        })
    }

    async fn load_history(&self, params: LoadHistory) -> Result<HistoryPage> {
        self.transact(Operation::LoadHistory, |data| {
            let row = data.row(params.thread_id, params.include_archived)?;
            let plan = params.plan(row.thread.next_ordinal)?;
            let found = &row.items[plan.take.start as usize..plan.take.end as usize];
            let mut items = Items::new(params.direction);
            items.push_run(Ordinal::new(plan.take.start), found.into(), 0..found.len());
            Ok(HistoryPage::new(items, row.thread.next_ordinal, plan.rest))
        })
    }

    async fn read_thread(&self, params: ReadThread) -> Result<StoredThread> {
        self.transact(Operation::ReadThread, |data| {
            Ok(data.row(params.thread_id, params.include_archived)?.thread.clone())
        })
    }

    async fn list_threads(&self, params: ListThreads) -> Result<ThreadPage> {
        self.transact(Operation::ListThreads, |data| {
            let plan = ListPlan::new(&params, &self.capabilities().limits)?;
            let rows = data.scan(&params.filter, &plan.scan());
            let more =
                plan.follow_up(&rows).is_some_and(|it| !data.scan(&params.filter, &it).is_empty());
            Ok(plan.page(rows, more))
        })
    }

    async fn update_thread_metadata(&self, params: UpdateThreadMetadata) -> Result<StoredThread> {
        self.transact(Operation::UpdateThreadMetadata, |data| {
            let row = data.row(params.thread_id, params.include_archived)?;
            edit_metadata(&mut row.thread, &mut row.update_request, &params)?;
            Ok(row.thread.clone())
        })
    }

    async fn set_archived(&self, params: SetArchived) -> Result<ChangedThreads> {
        self.transact(Operation::SetArchived, |data| {
            let mut changed = data.subtree(params.thread_id, params.descendants)?;
            changed.retain(|id| data.rows[id].thread.is_archived() != params.archived);
            for id in &changed {
                let epoch = data.next_epoch();
                let row = data.row(*id, true)?;
                row.thread.archived_at = params.archived.then(|| SystemClock.now());
                if params.archived {
                    row.lease = LeaseState::fenced(epoch);
                }
            }
            Ok(ChangedThreads::new(changed))
        })
    }

    async fn delete_thread(&self, params: DeleteThread) -> Result<ChangedThreads> {
        self.transact(Operation::DeleteThread, |data| {
            let deleted = data.subtree(params.thread_id, params.descendants)?;
            data.rows.retain(|id, _| !deleted.contains(id));
            Ok(ChangedThreads::new(deleted))
        })
    }
}

/// What the suite needs to know: how to open a handle on the same data.
#[derive(Default)]
pub struct CustomHarness(CustomStore);

#[async_trait]
impl Harness for CustomHarness {
    async fn open(&self) -> Result<Arc<dyn ThreadStore>> {
        Ok(Arc::new(self.0.clone()))
    }
}

/// Runs the whole suite and prints what came of it. In a test, `conformance_tests!` does the same
/// with one `#[test]` for every case.
#[tokio::main]
#[allow(clippy::print_stdout)]
async fn main() -> std::process::ExitCode {
    let report = run(CustomHarness::default, Mode::AsShipped).await;
    println!("{report}");
    std::process::ExitCode::from(u8::from(report.failures().next().is_some()))
}
