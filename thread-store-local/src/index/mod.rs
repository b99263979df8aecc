//! What was found in each file of a home, kept in a SQLite database of our own.
//!
//! It is a cache. It can be deleted or damaged at any time, also while it is in use, and that costs
//! the time to read the files again, never a wrong answer: each entry has a checksum, and says of
//! which state of its file it is. Several processes may use it at the same time.
//!
//! What is damaged is put aside and made anew, once for each call. A process that has the old file
//! open is not disturbed; what it stores is lost until its next call, which opens the new one.

mod connection;
mod error;
mod pack;
mod packs;
mod place;
mod schema;
#[cfg(test)]
mod tests;

use std::path::Path;

use sqlx::SqliteConnection;
use tokio::sync::Mutex;

use crate::stamp::Stamp;
use connection::Open;
use error::Result;
use packs::Work;
use place::Place;

/// What is known of one file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct IndexEntry {
    /// Relative to the home, as bytes.
    pub(crate) path: Vec<u8>,
    /// The file that the facts are of.
    pub(crate) stamp: Stamp,
    /// What was found; means nothing in here.
    pub(crate) facts: Vec<u8>,
}

/// The index of a home, open.
#[derive(Debug)]
pub(crate) struct IndexFile {
    place: Place,
    /// Nothing where it was lost, and while it is being opened again.
    held: Mutex<Option<Open>>,
}

impl IndexFile {
    /// Opens the file. If it is missing, it is made, and so is its folder (but not the folder that
    /// this is in); if it is damaged, or another program's, it is made anew.
    ///
    /// # Errors
    ///
    /// *Newer*, if a newer program made it; *place*, if there can be no such file here, or *held*, if
    /// other processes do not let go of it. Then nothing was changed.
    pub(crate) async fn open(path: &Path) -> Result<Self> {
        let place = Place::of(path)?;
        let open = connection::open(&place).await?;
        Ok(Self { place, held: Mutex::new(Some(open)) })
    }

    /// All that is stored, in no order, each path once.
    ///
    /// # Errors
    ///
    /// As for opening, or when reading fails.
    pub(crate) async fn load(&self) -> Result<Vec<IndexEntry>> {
        let mut held = self.held.lock().await;
        match packs::load(self.current(&mut held).await?).await {
            Err(error) if error.is_damage() => packs::load(self.anew(&mut held).await?).await,
            answer => answer,
        }
    }

    /// Stores what changed, and forgets what is gone. The last who stores a path is right. If it
    /// fails, or its caller leaves, some may have been stored.
    ///
    /// # Errors
    ///
    /// As for opening, or when writing fails.
    pub(crate) async fn save(&self, changed: Vec<IndexEntry>, gone: Vec<Vec<u8>>) -> Result<()> {
        let work = Work::new(changed, gone);
        let mut held = self.held.lock().await;
        match packs::save(self.current(&mut held).await?, &work).await {
            Err(error) if error.is_damage() => {
                packs::save(self.anew(&mut held).await?, &work).await
            }
            answer => answer,
        }
    }

    /// Closes the file. Dropping does, too, but may leave its log for the next one to take up.
    pub(crate) async fn close(self) {
        if let Some(open) = self.held.into_inner() {
            connection::close(&self.place, open).await;
        }
    }

    /// The file that is in its place now.
    async fn current<'a>(&self, held: &'a mut Option<Open>) -> Result<&'a mut SqliteConnection> {
        let open = match held.take() {
            Some(open) if open.is_in(&self.place) => open,
            _ => connection::open(&self.place).await?,
        };
        Ok(&mut held.insert(open).connection)
    }

    /// A new file in place of a damaged one.
    async fn anew<'a>(&self, held: &'a mut Option<Open>) -> Result<&'a mut SqliteConnection> {
        let open = match held.take() {
            Some(damaged) => connection::open_anew(&self.place, damaged).await?,
            None => connection::open(&self.place).await?,
        };
        Ok(&mut held.insert(open).connection)
    }
}
