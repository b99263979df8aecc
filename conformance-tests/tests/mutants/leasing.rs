//! Faults in leases.

use thread_store::*;

use crate::mutant::Mutant as M;
use crate::store::Mutated;

impl Mutated {
    pub(crate) async fn resume(&self, mut params: ResumeThread) -> Result<ResumedThread> {
        let thread_id = params.thread_id;
        match self.mutant {
            Some(M::ResumeForgetsTheFlag) => params.include_archived = true,
            Some(M::RefusalIsIgnored) => params.if_held = IfHeld::TakeOver,
            Some(M::TakeOverIsRefused) => params.if_held = IfHeld::Refuse,
            _ => {}
        }
        let resumed = self.memory().resume_thread(params).await;
        let mut resumed = resumed.map_err(|error| self.told(error))?;
        resumed.lease = self.granted(resumed.lease);
        match self.mutant {
            Some(M::ResumeMovesUpdatedAt) => {
                resumed.thread = self.move_updated_at(thread_id).await?;
            }
            Some(M::ResumeUnarchives) => {
                self.memory().unarchive_thread(thread_id).await?;
                resumed.thread = self.memory().thread(thread_id).await?;
            }
            _ => {}
        }
        Ok(resumed)
    }

    pub(crate) async fn flush(&self, lease: WriterLease) -> Result<()> {
        match self.mutant {
            Some(M::FlushNeedsNoLease) => self.memory().thread(lease.thread_id).await.map(drop),
            _ => self.check(&self.inward(lease)).await,
        }
    }

    /// Whether the lease of the reference can be used.
    pub(crate) async fn check(&self, lease: &WriterLease) -> Result<()> {
        let checked = self.memory().flush_thread(lease.clone()).await;
        checked.map_err(|error| self.told(error))
    }

    pub(crate) async fn release(&self, mut params: ReleaseLease) -> Result<()> {
        params.lease = self.inward(params.lease);
        let checked = self.check(&params.lease).await;
        let code = checked.as_ref().err().map(Error::code);
        let fenced = code == Some("conflict.fenced");
        let discard = params.mode == ReleaseMode::Discard;
        match self.mutant {
            Some(M::ReleasesNothing) if code.is_none() => return Ok(()),
            Some(M::SecondReleaseFails) if code == Some("conflict.closed") => return checked,
            Some(M::DiscardOfFencedFails) if fenced && discard => return checked,
            Some(M::ShutdownOfFencedSucceeds) if fenced => return Ok(()),
            Some(M::DiscardReleasesTheNewer) if fenced && discard => {
                params.lease = self.newest(params.lease);
            }
            _ => {}
        }
        let released = self.memory().release_lease(params).await;
        released.map_err(|error| self.told(error))
    }

    /// Takes note of a lease that the reference granted, and answers what the caller gets.
    pub(crate) fn granted(&self, mut lease: WriterLease) -> WriterLease {
        let mut memo = self.memo();
        let granted = memo.granted.entry(lease.thread_id).or_default();
        granted.push(lease.clone());
        match self.mutant {
            Some(M::EpochsComeTwice) => lease.epoch = Epoch::new(granted.len() as u64),
            Some(M::LeaseStartsAtZero) => lease.next_ordinal = Ordinal::ZERO,
            _ => {}
        }
        lease
    }

    /// The lease of the reference that stands behind the one that a caller has.
    pub(crate) fn inward(&self, mut lease: WriterLease) -> WriterLease {
        let memo = self.memo();
        if let Some(other) = memo.replaced.get(&(lease.thread_id, lease.epoch)) {
            return other.clone();
        }
        if self.is(M::EpochsComeTwice) {
            let granted = memo.granted.get(&lease.thread_id);
            let at = lease.epoch.get().checked_sub(1);
            let found = at.and_then(|at| granted?.get(usize::try_from(at).ok()?));
            lease.epoch = found.map_or(Epoch::new(u64::MAX), |found| found.epoch);
        }
        lease
    }

    pub(crate) fn newest(&self, lease: WriterLease) -> WriterLease {
        let memo = self.memo();
        let granted = memo.granted.get(&lease.thread_id);
        granted.and_then(|granted| granted.last().cloned()).unwrap_or(lease)
    }

    /// After archiving the newest lease works on, under a new epoch of the reference.
    pub(crate) async fn renew_newest(&self, thread_id: ThreadId) -> Result<()> {
        let granted = self.memo().granted.get(&thread_id).cloned();
        let Some(lease) = granted.and_then(|granted| granted.last().cloned()) else {
            return Ok(());
        };
        let resume = ResumeThread::new(thread_id, lease.holder).with_include_archived(true);
        let renewed = self.memory().resume_thread(resume).await?.lease;
        self.memo().replaced.insert((thread_id, lease.epoch), renewed);
        Ok(())
    }

    /// A conflict as the caller hears of it.
    fn told(&self, error: Error) -> Error {
        let (Some(thread_id), Some(mut conflict)) =
            (error.thread_id(), error.as_conflict().cloned())
        else {
            return error;
        };
        match (&mut conflict, self.mutant) {
            (Conflict::Held { holder }, Some(M::HeldNamesNobody)) => *holder = None,
            (Conflict::Fenced { holder, .. }, Some(M::FencedNamesNobody)) => *holder = None,
            (Conflict::Fenced { next_ordinal, .. }, Some(M::FencedForgetsTheEnd)) => {
                *next_ordinal = Ordinal::ZERO;
            }
            (Conflict::Fenced { epoch, current, .. }, Some(M::EpochsComeTwice)) => {
                (*epoch, *current) =
                    (self.outward(thread_id, *epoch), self.outward(thread_id, *current));
            }
            _ => return error,
        }
        let told = Error::conflict(thread_id, conflict);
        match error.operation() {
            Some(operation) => told.during(operation),
            None => told,
        }
    }

    fn outward(&self, thread_id: ThreadId, epoch: Epoch) -> Epoch {
        let memo = self.memo();
        let granted = memo.granted.get(&thread_id);
        let at = granted.and_then(|granted| granted.iter().position(|it| it.epoch == epoch));
        at.map_or(epoch, |at| Epoch::new(at as u64 + 1))
    }
}
