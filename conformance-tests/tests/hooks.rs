//! The suite on stores whose harness offers every hook: a medium simulated over the reference
//! backend. It keeps the cases honest that the memory backend alone has to skip.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use thread_store::*;
use thread_store_conformance::{Harness, Mode, NotOffered, Outcome as CaseOutcome, run};
use thread_store_memory::MemoryStore;

/// What outlives processes, and what befalls it.
#[derive(Debug)]
struct Medium {
    store: MemoryStore,
    capabilities: Capabilities,
    failing: AtomicBool,
    /// Processes below this number are dead.
    first_alive: AtomicU32,
    next_process: AtomicU32,
    damaged: Mutex<BTreeSet<(ThreadId, u64)>>,
    /// Which process was granted the newest lease.
    granted_to: Mutex<HashMap<ThreadId, u32>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A handle in one of several processes.
#[derive(Clone, Debug)]
struct Process {
    medium: Arc<Medium>,
    number: u32,
}

impl Process {
    fn reading(&self) -> Result<&MemoryStore> {
        if self.number < self.medium.first_alive.load(SeqCst) {
            return Err(Error::unavailable(Outcome::NothingDone));
        }
        Ok(&self.medium.store)
    }

    fn writing(&self) -> Result<&MemoryStore> {
        if self.medium.failing.load(SeqCst) {
            return Err(Error::unavailable(Outcome::NothingDone));
        }
        self.reading()
    }

    fn claims(&self, claimed: bool, operation: &'static str) -> Result<()> {
        if claimed {
            return Ok(());
        }
        Err(Error::unsupported(operation))
    }

    /// Whether the newest lease is one of another process, which cannot be fenced.
    fn is_beyond_reach(&self, thread_id: ThreadId) -> bool {
        let granted_to = locked(&self.medium.granted_to);
        self.medium.capabilities.takeover == Takeover::Process
            && granted_to.get(&thread_id).is_some_and(|process| *process != self.number)
    }

    fn granted(&self, lease: Option<&WriterLease>) {
        if let Some(lease) = lease {
            let mut granted_to = locked(&self.medium.granted_to);
            granted_to.insert(lease.thread_id, self.number);
        }
    }

    fn with_damage(&self, load: &LoadHistory, page: HistoryPage) -> Result<HistoryPage> {
        let damaged = locked(&self.medium.damaged);
        let is_damaged = |n: &u64| damaged.contains(&(load.thread_id, *n));
        let mut report = DamageReport::default();
        for n in load.plan(page.next_ordinal)?.take.filter(is_damaged) {
            let after = (0..n).rev().find(|n| !is_damaged(n)).map(Ordinal::new);
            report.push(DamagedRecord::new(format!("record {n}"), after, "simulated"));
        }
        if load.strict {
            report.strict()?;
        }
        let readable = page.items.iter().filter(|it| !is_damaged(&it.ordinal.get()));
        let items = Items::from_vec(readable.collect(), load.direction);
        Ok(HistoryPage::new(items, page.next_ordinal, page.rest).with_damage(report))
    }
}

#[async_trait]
impl ThreadStore for Process {
    fn capabilities(&self) -> Capabilities {
        self.medium.capabilities.clone()
    }

    async fn create_thread(&self, params: CreateThread) -> Result<CreatedThread> {
        let created = self.writing()?.create_thread(params).await?;
        self.granted(created.lease.as_ref());
        Ok(created)
    }

    async fn resume_thread(&self, mut params: ResumeThread) -> Result<ResumedThread> {
        if self.is_beyond_reach(params.thread_id) {
            params.if_held = IfHeld::Refuse;
        }
        let resumed = self.writing()?.resume_thread(params).await?;
        self.granted(Some(&resumed.lease));
        Ok(resumed)
    }

    async fn append_items(&self, params: AppendItems) -> Result<AppendReceipt> {
        self.writing()?.append_items(params).await
    }

    async fn flush_thread(&self, lease: WriterLease) -> Result<()> {
        self.writing()?.flush_thread(lease).await
    }

    async fn release_lease(&self, params: ReleaseLease) -> Result<()> {
        self.writing()?.release_lease(params).await
    }

    async fn load_history(&self, params: LoadHistory) -> Result<HistoryPage> {
        let page = self.reading()?.load_history(params.clone()).await?;
        self.with_damage(&params, page)
    }

    async fn read_thread(&self, params: ReadThread) -> Result<StoredThread> {
        self.reading()?.read_thread(params).await
    }

    async fn list_threads(&self, params: ListThreads) -> Result<ThreadPage> {
        self.reading()?.list_threads(params).await
    }

    async fn update_thread_metadata(&self, params: UpdateThreadMetadata) -> Result<StoredThread> {
        self.writing()?.update_thread_metadata(params).await
    }

    async fn set_archived(&self, params: SetArchived) -> Result<ChangedThreads> {
        let claimed = self.medium.capabilities.descendants || !params.descendants;
        self.claims(claimed, "descendants")?;
        self.writing()?.set_archived(params).await
    }

    async fn delete_thread(&self, params: DeleteThread) -> Result<ChangedThreads> {
        let Capabilities { delete, descendants, .. } = self.medium.capabilities;
        self.claims(delete && (descendants || !params.descendants), "delete_thread")?;
        let changed = self.writing()?.delete_thread(params).await?;
        let mut damaged = locked(&self.medium.damaged);
        damaged.retain(|(thread_id, _)| !changed.thread_ids.contains(thread_id));
        Ok(changed)
    }
}

struct Simulated(Process, ManualClock);

impl Simulated {
    fn new(claims: impl Fn(&mut Capabilities)) -> Self {
        let mut capabilities = Capabilities::volatile();
        capabilities.persistence = Persistence::Persistent;
        // A dead process leaves its lease behind, and nobody looks whether it is alive.
        capabilities.holder_liveness = HolderLiveness::Unknown;
        claims(&mut capabilities);
        let clock = ManualClock::new(Timestamp::from_millis(1_800_000_000_000));
        let process = Process {
            medium: Arc::new(Medium {
                store: MemoryStore::with_clock(Arc::new(clock.clone())),
                capabilities,
                failing: AtomicBool::new(false),
                first_alive: AtomicU32::new(0),
                next_process: AtomicU32::new(1),
                damaged: Mutex::default(),
                granted_to: Mutex::default(),
            }),
            number: 0,
        };
        Self(process, clock)
    }
}

#[async_trait]
impl Harness for Simulated {
    async fn open(&self) -> Result<Arc<dyn ThreadStore>> {
        let mut process = self.0.clone();
        process.number = process.medium.first_alive.load(SeqCst);
        Ok(Arc::new(process))
    }

    fn clock(&self) -> Option<ManualClock> {
        Some(self.1.clone())
    }

    async fn crash(&self) -> Result<(), NotOffered> {
        let medium = &self.0.medium;
        let next = medium.next_process.fetch_add(1, SeqCst);
        medium.first_alive.store(next, SeqCst);
        // What a dead process held is in nobody's way.
        locked(&medium.granted_to).clear();
        Ok(())
    }

    async fn open_elsewhere(&self) -> Result<Arc<dyn ThreadStore>, NotOffered> {
        let mut process = self.0.clone();
        process.number = process.medium.next_process.fetch_add(1, SeqCst);
        Ok(Arc::new(process))
    }

    async fn fail_writes(&self, failing: bool) -> Result<(), NotOffered> {
        self.0.medium.failing.store(failing, SeqCst);
        Ok(())
    }

    async fn damage(&self, thread_id: ThreadId, ordinal: Ordinal) -> Result<(), NotOffered> {
        let mut damaged = locked(&self.0.medium.damaged);
        damaged.insert((thread_id, ordinal.get()));
        Ok(())
    }
}

/// Runs every case; answers those that were skipped.
async fn skipped(mode: Mode, claims: impl Fn(&mut Capabilities)) -> BTreeSet<&'static str> {
    let report = run(|| Simulated::new(&claims), mode).await;
    assert_eq!(report.failures().count(), 0, "{report}");
    let cases = report.cases.into_iter();
    let skipped = cases.filter(|case| matches!(case.outcome, CaseOutcome::Skipped { .. }));
    skipped.map(|case| case.name).collect()
}

fn claim_little(capabilities: &mut Capabilities) {
    capabilities.delete = false;
    capabilities.descendants = false;
    capabilities.takeover = Takeover::Process;
    capabilities.search = Search::None;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_is_tried_on_a_store_that_claims_much_or_on_one_that_claims_little() {
    for mode in [Mode::AsShipped, Mode::CoreOnly] {
        let (much, little) = (skipped(mode, |_| {}).await, skipped(mode, claim_little).await);
        let both: Vec<_> = much.intersection(&little).collect();
        assert_eq!(both, Vec::<&&str>::new());
    }
}
