//! Granting and giving back leases.

use std::sync::Arc;
use std::time::Instant;

use thread_store::{
    AppendItems, AppendReceipt, Error, Holder, IfHeld, ReleaseLease, Result, ResumeThread,
    ResumedThread, ThreadId, WriterLease,
};

use super::file::unavailable;
use super::journal::{Entry, Held};
use super::leases::Pin;
use super::log::Log;
use super::open_home::OpenHome;

impl OpenHome {
    pub(crate) fn resume(&self, params: ResumeThread) -> Result<ResumedThread> {
        let ResumeThread { thread_id: thread, include_archived, if_held, holder, .. } = params;
        self.fresh(thread)?;
        self.catch_up()?;
        self.read().get(thread, include_archived)?;
        let pin = self.claim(thread, if_held)?;
        if pin.is_new() && self.codex_was_busy() {
            // It may have begun another file, and cannot any more.
            self.look(None, Instant::now())?;
        }
        let mut journal = self.lock_journal();
        let mut held = self.hold(&mut journal)?;
        self.read().get(thread, include_archived)?;
        let lease = self.grant_on(&mut held, thread, &pin, if_held, holder)?;
        Ok(ResumedThread::new(self.read().any(thread)?.thread(), lease))
    }

    fn claim(&self, thread: ThreadId, if_held: IfHeld) -> Result<Pin> {
        let seat = self.leases.seat(thread);
        seat.lock().refuse_if_held(thread, if_held)?;
        Pin::new(&self.leases, &self.layout, thread)
    }

    /// Grants a lease, whoever of this process has it.
    pub(crate) fn grant(
        &self,
        held: &mut Held<'_>,
        thread: ThreadId,
        holder: Holder,
    ) -> Result<WriterLease> {
        let pin = Pin::new(&self.leases, &self.layout, thread)?;
        self.grant_on(held, thread, &pin, IfHeld::TakeOver, holder)
    }

    fn grant_on(
        &self,
        held: &mut Held<'_>,
        thread: ThreadId,
        pin: &Pin,
        if_held: IfHeld,
        holder: Holder,
    ) -> Result<WriterLease> {
        self.make_appendable(thread)?;
        // No other program appends from here on: what stands in the file is all that there is.
        self.observe_new(&mut self.write(), thread)?;
        self.adopt(held, thread)?;
        let epoch = self.next_epoch()?;
        let log = self.log(thread)?;
        // Nothing of an older lease lands after the end was read.
        let mut sitting = pin.seat().lock();
        sitting.refuse_if_held(thread, if_held)?;
        sitting.grant(epoch, holder.clone());
        Ok(WriterLease::new(thread, epoch, holder, log.end()))
    }

    /// From here on marked records of the thread are this store's.
    fn adopt(&self, held: &mut Held<'_>, thread: ThreadId) -> Result<()> {
        let (journaled, at) = {
            let catalog = self.read();
            let entry = catalog.any(thread)?;
            (entry.fold.is_journaled(), entry.log.end().get())
        };
        if journaled {
            return Ok(());
        }
        let entry = Entry::Adopt { thread_id: thread, at };
        held.append(std::slice::from_ref(&entry)).map_err(unavailable)?;
        self.learn_said(&mut self.write(), thread, &entry, held.place());
        Ok(())
    }

    /// The history behind a lease.
    fn log(&self, thread: ThreadId) -> Result<Arc<Log>> {
        self.read().any(thread).map(|entry| Arc::clone(&entry.log))
    }

    pub(crate) fn append(&self, params: &AppendItems) -> Result<AppendReceipt> {
        let appended = self.append_once(params);
        let Err(error) = appended else { return appended };
        let is_elsewhere = {
            let log = self.log(params.lease.thread_id)?;
            let state = log.head().lock();
            state.is_rewritten || !state.path.exists()
        };
        if !is_elsewhere {
            return Err(error);
        }
        // Another program made another file of it, or somebody is moving it, before anything was done.
        self.look(None, Instant::now())?;
        self.append_once(params)
    }

    fn append_once(&self, params: &AppendItems) -> Result<AppendReceipt> {
        let thread = params.lease.thread_id;
        let log = self.log(thread)?;
        let sitting = log.seat(&self.leases).lock();
        log.append(&sitting, params, &self.capabilities.limits, &self.layout, &self.faults)
    }

    /// Checks a lease, as every use of it does.
    pub(crate) fn check(&self, lease: &WriterLease) -> Result<Arc<Log>> {
        let log = self.log(lease.thread_id)?;
        if log.head().lock().is_deleted {
            return Err(Error::not_found(lease.thread_id));
        }
        self.leases.seat(lease.thread_id).lock().state.check(lease, log.end())?;
        Ok(log)
    }

    /// Whether a lease can be given back, and there is anything to do.
    pub(crate) fn check_release(&self, params: &ReleaseLease) -> Result<bool> {
        let thread = params.lease.thread_id;
        let end = self.log(thread)?.end();
        let seat = self.leases.seat(thread);
        let sitting = seat.lock();
        sitting.state.check_release(&params.lease, params.mode, end)
    }

    /// Gives a lease back, if it is still the newest.
    pub(crate) fn release(&self, params: &ReleaseLease) -> Result<()> {
        let thread = params.lease.thread_id;
        let seat = self.leases.seat(thread);
        let mut sitting = seat.lock();
        let log = match self.log(thread) {
            Ok(log) => log,
            Err(error) => {
                // The thread is gone, and its lock must not stay.
                if sitting.state.epoch == params.lease.epoch {
                    sitting.release();
                }
                return Err(error);
            }
        };
        if sitting.state.check_release(&params.lease, params.mode, log.end())? {
            log.head().lock().close_writer();
            sitting.release();
            self.keeper.wake();
        }
        Ok(())
    }
}
