//! A home that only we have written to.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use tempfile::TempDir;
use thread_store::{
    CreateThread, ForkPoint, ForkThread, HistoryMode, Holder, LiveConfig, LiveThread, RevertTo,
    SessionSource, StartThread, ThreadId, ThreadMetadataPatch, ThreadOptions, ThreadStore,
    ThreadStoreExt as _,
};

use crate::home::prepare;
use crate::records::{item, turn};
use crate::store;

/// The home, and its threads by what they are.
pub(crate) struct Written {
    home: TempDir,
    threads: BTreeMap<&'static str, ThreadId>,
}

/// Each kind of thread that a store can come to write.
pub(crate) async fn written() -> Written {
    let home = tempfile::tempdir().unwrap();
    prepare(home.path());
    let mut author = Author { store: store::open(home.path()).await, threads: BTreeMap::new() };
    author.sessions().await;
    author.relatives().await;
    author.edits().await;
    author.odd_ones().await;
    Written { home, threads: author.threads }
}

impl Written {
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn id(&self, name: &str) -> ThreadId {
        self.threads[name]
    }

    pub(crate) fn name(&self, id: ThreadId) -> &'static str {
        self.threads().find(|(_, other)| *other == id).unwrap().0
    }

    pub(crate) fn threads(&self) -> impl Iterator<Item = (&'static str, ThreadId)> + '_ {
        self.threads.iter().map(|(name, id)| (*name, *id))
    }
}

pub(crate) fn config() -> LiveConfig {
    LiveConfig::new(Holder::new("a test"))
}

/// A session as an editor starts it.
pub(crate) fn start(id: ThreadId, mode: HistoryMode) -> StartThread {
    let options = ThreadOptions::default().cwd("/tmp".to_owned()).model_provider("mock".to_owned());
    let program = ThreadMetadataPatch::default()
        .originator("a test".to_owned())
        .cli_version("1.2.3".to_owned());
    StartThread::new(id)
        .with_source(SessionSource::VsCode)
        .with_history_mode(mode)
        .with_options(options)
        .with_metadata(program)
}

struct Author {
    store: Arc<dyn ThreadStore>,
    threads: BTreeMap<&'static str, ThreadId>,
}

impl Author {
    fn new_id(&mut self, name: &'static str) -> ThreadId {
        let id = ThreadId::generate();
        self.threads.insert(name, id);
        id
    }

    fn live(&self, start: StartThread) -> LiveThread {
        LiveThread::start(Arc::clone(&self.store), start, config())
    }

    /// A session of two turns.
    async fn session(&mut self, name: &'static str, mode: HistoryMode) {
        let id = self.new_id(name);
        let live = self.live(start(id, mode));
        turn(&live, mode, &format!("first question to {name}"), "first answer").await;
        turn(&live, mode, "second question", "second answer").await;
        live.shutdown().await.unwrap();
    }

    async fn sessions(&mut self) {
        for name in ["legacy", "legacy renamed", "legacy archived"] {
            self.session(name, HistoryMode::Legacy).await;
        }
        for name in ["paginated", "paginated renamed", "paginated archived"] {
            self.session(name, HistoryMode::Paginated).await;
        }
    }

    async fn relatives(&mut self) {
        self.fork("legacy", "legacy fork", ForkPoint::End).await;
        self.fork("paginated", "paginated fork", ForkPoint::End).await;
        self.fork("legacy", "legacy fork of one turn", self.after_first_turn("legacy").await).await;
        let at = self.after_first_turn("paginated").await;
        self.fork("paginated", "paginated fork of one turn", at).await;
        self.child("legacy", "legacy child", HistoryMode::Legacy, 1).await;
        self.child("legacy child", "paginated grandchild", HistoryMode::Paginated, 2).await;
    }

    async fn after_first_turn(&self, name: &str) -> ForkPoint {
        let replay = self.store.replay(self.threads[name]).await.unwrap();
        ForkPoint::AfterTurn(replay.turns[0].id.clone())
    }

    async fn fork(&mut self, source: &str, name: &'static str, at: ForkPoint) {
        let source = self.threads[source];
        let fork = ForkThread::new(source, self.new_id(name)).with_at(at);
        self.store.fork_thread(fork).await.unwrap();
    }

    async fn child(&mut self, parent: &str, name: &'static str, mode: HistoryMode, depth: u32) {
        let parent = self.threads[parent];
        let id = self.new_id(name);
        let live = self.live(start(id, mode).spawned_by(parent, depth));
        turn(&live, mode, "a task", "done").await;
        live.shutdown().await.unwrap();
    }

    async fn edits(&mut self) {
        for name in ["legacy renamed", "paginated renamed"] {
            for text in ["a first name", "ein späterer Name"] {
                self.store.rename(self.threads[name], Some(text.to_owned())).await.unwrap();
            }
        }
        for name in ["legacy archived", "paginated archived"] {
            self.store.archive_thread(self.threads[name]).await.unwrap();
        }
        self.reverted("legacy reverted", HistoryMode::Legacy).await;
        self.reverted("paginated reverted", HistoryMode::Paginated).await;
    }

    async fn reverted(&mut self, name: &'static str, mode: HistoryMode) {
        let id = self.new_id(name);
        let live = self.live(start(id, mode));
        turn(&live, mode, &format!("first question to {name}"), "first answer").await;
        turn(&live, mode, "taken back", "taken back too").await;
        live.revert(RevertTo::LastTurns(1)).await.unwrap();
        turn(&live, mode, "second question", "second answer").await;
        live.shutdown().await.unwrap();
    }

    /// Threads of which nothing is to be seen.
    async fn odd_ones(&mut self) {
        let message = json!({"type": "message", "role": "user",
            "content": [{"type": "input_text", "text": "for the model alone"}]});
        let unknown = json!({"type": "what_comes_next", "size": 1});
        for (name, items) in [
            ("without items", vec![]),
            ("with messages alone", vec![item("response_item", &message)]),
            (
                "with unknown records",
                vec![item("a_new_kind", &unknown), item("event_msg", &unknown)],
            ),
        ] {
            let create = CreateThread::new(self.new_id(name))
                .with_source(SessionSource::VsCode)
                .with_metadata(ThreadMetadataPatch::default().cwd("/tmp".to_owned()))
                .with_items(items);
            self.store.create_thread(create).await.unwrap();
        }
    }
}
