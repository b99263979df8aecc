//! Granting and giving back leases.

use std::sync::Arc;

use thread_store::{
    AppendItems, AppendReceipt, Error, Holder, ReleaseLease, Result, ResumeThread, ResumedThread,
    ThreadId, WriterLease,
};

use super::file::unavailable;
use super::journal::{Entry, Held};
use super::log::Log;
use super::open_home::OpenHome;

impl OpenHome {
    pub(crate) fn resume(&self, params: ResumeThread) -> Result<ResumedThread> {
        let thread = params.thread_id;
        self.fresh(thread)?;
        let mut journal = self.lock_journal();
        let mut held = self.hold(&mut journal)?;
        self.read().get(thread, params.include_archived)?;
        let seat = self.leases.seat(thread);
        let mut sitting = seat.lock();
        let free = sitting.state.blocking().is_none();
        sitting.claim(&self.layout, thread, params.if_held)?;
        let granted = self.grant_on(&mut held, thread, &mut sitting, params.holder);
        if granted.is_err() && free {
            sitting.leave();
        }
        let lease = granted?;
        drop(sitting);
        Ok(ResumedThread::new(self.read().any(thread)?.thread(), lease))
    }

    /// Grants a lease, whoever has it.
    pub(crate) fn grant(
        &self,
        held: &mut Held<'_>,
        thread: ThreadId,
        holder: Holder,
    ) -> Result<WriterLease> {
        let seat = self.leases.seat(thread);
        let mut sitting = seat.lock();
        sitting.take_lock(&self.layout, thread)?;
        self.grant_on(held, thread, &mut sitting, holder)
    }

    fn grant_on(
        &self,
        held: &mut Held<'_>,
        thread: ThreadId,
        sitting: &mut super::leases::Sitting,
        holder: Holder,
    ) -> Result<WriterLease> {
        self.make_appendable(thread)?;
        // Nobody else appends from here on: what stands in the file is all that there is.
        self.observe_new(&mut self.write(), thread)?;
        self.adopt(held, thread)?;
        let epoch = self.next_epoch()?;
        sitting.grant(epoch, holder.clone());
        let end = self.read().any(thread)?.log.end();
        Ok(WriterLease::new(thread, epoch, holder, end))
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
        self.learn_said(&mut self.write(), thread, &entry, held.place())
    }

    /// The history behind a lease.
    fn log(&self, thread: ThreadId) -> Result<Arc<Log>> {
        self.read().any(thread).map(|entry| Arc::clone(&entry.log))
    }

    pub(crate) fn append(&self, params: &AppendItems) -> Result<AppendReceipt> {
        let appended = self.append_once(params);
        let Err(error) = appended else { return appended };
        let rewritten = self.log(params.lease.thread_id)?.head().lock().is_rewritten;
        if !rewritten {
            return Err(error);
        }
        // Another program made another file of it, before anything was done.
        self.look(None)?;
        self.append_once(params)
    }

    fn append_once(&self, params: &AppendItems) -> Result<AppendReceipt> {
        let thread = params.lease.thread_id;
        let log = self.log(thread)?;
        let seat = self.leases.seat(thread);
        let sitting = seat.lock();
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
        let log = self.log(thread)?;
        let seat = self.leases.seat(thread);
        let mut sitting = seat.lock();
        if sitting.state.check_release(&params.lease, params.mode, log.end())? {
            log.head().lock().close_writer();
            sitting.release();
            self.keeper.wake();
        }
        Ok(())
    }
}
