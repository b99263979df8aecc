//! Looking a home over, and mending it.
//!
//! Looking over reads every rollout anew and changes nothing. Mending loses nothing either: what is
//! taken away from where it stood is kept and synced first, so that it can end at any moment and be
//! begun again. A thread that somebody writes to is left alone.

mod action;
mod beside;
mod blank;
mod carry_out;
mod drift;
mod examine;
mod finding;
mod kept_beside;
mod plan;
mod rollouts;
mod survey;

use std::sync::Arc;

use thread_store::Result;

pub use action::{Action, Repair, RepairOutcome};
use beside::Said;
pub use finding::{Finding, Place};
use survey::Survey;

use crate::LocalStore;
use crate::store::Progress;
use crate::store::file::unavailable;
use crate::store::open_home::{OpenHome, aside};

/// What looking a home over found.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Verification {
    /// How many rollouts were read.
    pub files: u64,
    /// How many threads they are.
    pub threads: u64,
    /// How many records they have.
    pub records: u64,
    /// What is wrong; nothing if all is well.
    pub findings: Vec<Finding>,
}

/// What was mended, or would be.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Repairs {
    /// Each thing that was done, in this order.
    pub repairs: Vec<Repair>,
    /// What was found and cannot be mended.
    pub left: Vec<Finding>,
}

impl LocalStore {
    /// Looks the home over: reads every rollout, and whatever else is known of threads. Changes nothing.
    ///
    /// # Errors
    ///
    /// *Unavailable* if the home cannot be read.
    pub async fn verify(&self) -> Result<Verification> {
        self.verify_with(None).await
    }

    /// As [`verify`](Self::verify), and tells how many of how many rollouts were read.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub async fn verify_with(&self, progress: Option<&Progress>) -> Result<Verification> {
        verify(self.home(), progress).await
    }

    /// Mends what [`verify`](Self::verify) finds, as far as that can be done without losing anything.
    /// With `dry_run` it says what it would do, and changes nothing.
    ///
    /// # Errors
    ///
    /// *Unavailable* if the home cannot be read. What fails of the repairs is told with them.
    pub async fn repair(&self, dry_run: bool) -> Result<Repairs> {
        self.repair_with(dry_run, None).await
    }

    /// As [`repair`](Self::repair), and tells how many of how many rollouts were read.
    ///
    /// # Errors
    ///
    /// As [`repair`](Self::repair).
    pub async fn repair_with(&self, dry_run: bool, progress: Option<&Progress>) -> Result<Repairs> {
        let home = self.home();
        if dry_run { foresee(home, progress).await } else { repair(home, progress).await }
    }
}

async fn verify(home: &Arc<OpenHome>, progress: Option<&Progress>) -> Result<Verification> {
    let rows = home.keeper.load(&home.layout).await;
    let (home, progress) = (Arc::clone(home), progress.cloned());
    aside(move || {
        let said = Said::read(&home.layout).map_err(unavailable)?;
        let survey = Survey::of(home.layout.home(), progress.as_ref())?;
        Ok(Verification {
            files: survey.files.len() as u64,
            threads: survey.plan.threads().count() as u64,
            records: survey.files.values().map(|file| file.map.records()).sum(),
            findings: findings(&home, &said, &survey, &rows)?,
        })
    })
    .await
}

fn findings(
    home: &OpenHome,
    said: &Said,
    survey: &Survey,
    rows: &drift::Rows,
) -> Result<Vec<Finding>> {
    let layout = &home.layout;
    let mut found = rollouts::of_files(survey, layout);
    found.extend(rollouts::of_threads(survey, layout));
    found.extend(said.findings(survey));
    found.extend(beside::leftovers(layout, home.clock.now()).map_err(unavailable)?);
    found.extend(beside::locks(layout).map_err(unavailable)?);
    found.extend(drift::drift(home, survey, rows));
    Ok(found)
}

async fn foresee(home: &Arc<OpenHome>, progress: Option<&Progress>) -> Result<Repairs> {
    let found = verify(home, progress).await?.findings;
    Ok(each(home, found, carry_out::foresee))
}

async fn repair(home: &Arc<OpenHome>, progress: Option<&Progress>) -> Result<Repairs> {
    let found = verify(home, progress).await?.findings;
    home.look_now().await?;
    let of = Arc::clone(home);
    let repairs = aside(move || Ok(each(&of, found, carry_out::carry_out))).await?;
    home.look_now().await?;
    home.keeper.keep(home).await;
    Ok(repairs)
}

fn each(
    home: &OpenHome,
    found: Vec<Finding>,
    work: impl Fn(&OpenHome, &Action) -> RepairOutcome,
) -> Repairs {
    let actions = plan::plan(&found, &home.layout).into_iter();
    let repairs = actions.map(|action| Repair { outcome: work(home, &action), action }).collect();
    let left = found.into_iter().filter(|finding| !finding.is_mendable()).collect();
    Repairs { repairs, left }
}
