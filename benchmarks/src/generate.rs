//! What is stored, the same each time: from a seed.
//!
//! Items have the kinds that agents write, in about the shares that they write them. Their sizes are
//! log-normal around 1 KB, with some of 50 KB (the output of a command) and a few of 1 MB (a picture).
//! Words come from a vocabulary in which few are frequent and most are rare, between numbers and ids,
//! so that what is compressed and searched is not easier than the real thing.

use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_xorshift::XorShiftRng;
use serde_json::{Value, json};
use thread_store::{
    CreateThread, LabelsPatch, Result, RolloutItem, SessionSource, SubAgentSource, ThreadId,
    ThreadMetadataPatch, Timestamp,
};

/// The median length of the text of an item; with what surrounds it an item has about 1 KB on average.
const MEDIAN: f64 = 550.0;
/// The spread of the logarithms.
const SPREAD: f64 = 0.9;
/// One item in so many has 50 KB, and one in so many 1 MB.
const LONG: u32 = 300;
const HUGE: u32 = 10_000;
/// The words there are.
const VOCABULARY: usize = 6_000;
/// A word that one thread in [`RARE_EVERY`] has in its title.
pub(crate) const RARE_WORD: &str = "quasarfennel";
const RARE_EVERY: usize = 10_000;
/// Every so many threads one is a child of the first.
const CHILD_EVERY: usize = 20;
/// The first moment: in November 2026.
const BEGIN: i64 = 1_795_000_000_000;

/// Shares of each kind of item, in percent.
const KINDS: &[(u32, Kind)] = &[
    (22, Kind::CallOutput),
    (22, Kind::Call),
    (14, Kind::Reasoning),
    (14, Kind::TokenCount),
    (10, Kind::AgentMessage),
    (8, Kind::Message),
    (5, Kind::UserMessage),
    (5, Kind::TurnContext),
];

#[derive(Clone, Copy, Debug)]
enum Kind {
    CallOutput,
    Call,
    Reasoning,
    TokenCount,
    AgentMessage,
    Message,
    UserMessage,
    TurnContext,
}

/// Where all that is stored comes from.
#[derive(Clone, Debug)]
pub(crate) struct Generator {
    rng: XorShiftRng,
    words: Vec<String>,
    now: i64,
    threads: usize,
    first: Option<ThreadId>,
}

impl Generator {
    pub(crate) fn new(seed: u64) -> Self {
        let mut words = XorShiftRng::seed_from_u64(7);
        let words = (0..VOCABULARY).map(|_| word(&mut words)).collect();
        let rng = XorShiftRng::seed_from_u64(seed);
        Self { rng, words, now: BEGIN, threads: 0, first: None }
    }

    pub(crate) fn items(&mut self, count: usize) -> Result<Vec<RolloutItem>> {
        (0..count).map(|_| self.item()).collect()
    }

    /// What a live thread appends at once: 1 to 4 items.
    pub(crate) fn batch(&mut self) -> Result<Vec<RolloutItem>> {
        let count = self.rng.random_range(1..=4);
        self.items(count)
    }

    pub(crate) fn item(&mut self) -> Result<RolloutItem> {
        let length = self.length();
        let (kind, payload) = match self.kind() {
            Kind::CallOutput => {
                let output = self.text(length);
                (
                    "response_item",
                    json!({"type": "function_call_output", "call_id": self.call(), "output": output}),
                )
            }
            Kind::Call => {
                let command =
                    json!({"command": ["bash", "-lc", self.text(length / 2)], "workdir": "/work"});
                (
                    "response_item",
                    json!({"type": "function_call", "name": "shell", "arguments": command.to_string(), "call_id": self.call()}),
                )
            }
            Kind::Reasoning => {
                let summary = json!([{"type": "summary_text", "text": self.text(length / 3)}]);
                (
                    "response_item",
                    json!({"type": "reasoning", "summary": summary, "encrypted_content": self.noise(length / 2)}),
                )
            }
            Kind::TokenCount => ("event_msg", self.token_count()),
            Kind::AgentMessage => {
                ("event_msg", json!({"type": "agent_message", "message": self.text(length)}))
            }
            Kind::Message => {
                let content = json!([{"type": "output_text", "text": self.text(length)}]);
                (
                    "response_item",
                    json!({"type": "message", "role": "assistant", "content": content}),
                )
            }
            Kind::UserMessage => {
                ("event_msg", json!({"type": "user_message", "message": self.text(length)}))
            }
            Kind::TurnContext => (
                "turn_context",
                json!({"turn_id": self.call(), "cwd": "/work", "model": "m", "user_instructions": self.text(length)}),
            ),
        };
        self.now += 7;
        RolloutItem::new(kind, &payload, Timestamp::from_millis(self.now))
    }

    /// A thread without items: the record of one of the threads of a person who has many.
    pub(crate) fn thread(&mut self) -> CreateThread {
        self.now += self.rng.random_range(1_000..600_000);
        let at = Timestamp::from_millis(self.now);
        let id = self.thread_id();
        let index = self.threads;
        self.threads += 1;
        let first = *self.first.get_or_insert(id);
        let thread = CreateThread::new(id).with_created_at(at).with_metadata(self.metadata(index));
        let thread = match index % 10 {
            9 => thread.with_archived_at(Timestamp::from_millis(self.now + 5)),
            _ => thread,
        };
        if index % CHILD_EVERY == 5 {
            return thread.spawned_by(first, 1);
        }
        thread.with_source(match self.rng.random_range(0..100) {
            0..55 => SessionSource::Cli,
            55..85 => SessionSource::VsCode,
            85..95 => SessionSource::Exec,
            _ => SessionSource::SubAgent(SubAgentSource::Review),
        })
    }

    /// A UUIDv7 of the present moment of what is generated.
    pub(crate) fn thread_id(&mut self) -> ThreadId {
        ThreadId::from_parts(Timestamp::from_millis(self.now), self.rng.random())
    }

    fn metadata(&mut self, index: usize) -> ThreadMetadataPatch {
        let updated = Timestamp::from_millis(self.now + self.rng.random_range(0..90_000_000));
        let said = self.text(160);
        let title = self.title(index);
        let project = self.rng.random_range(0..40_u32).min(self.rng.random_range(0..40_u32));
        let provider = match self.rng.random_range(0..10) {
            0..7 => "openai",
            7..9 => "azure",
            _ => "ollama",
        };
        let mut metadata = ThreadMetadataPatch::default()
            .title(title)
            .first_user_message(said.clone())
            .updated_at(updated)
            .recency_at(updated)
            .cwd(format!("/home/someone/projects/project-{project}"))
            .model_provider(provider.to_owned())
            .model("gpt-5.2-codex".to_owned())
            .approval_policy(json!("on-request"))
            .sandbox_policy(json!({"type": "workspace-write", "network_access": false}))
            .cli_version("0.98.0".to_owned())
            .git_branch("main".to_owned())
            .git_sha(self.noise(40));
        if !index.is_multiple_of(7) {
            metadata = metadata.preview(said);
        }
        if index.is_multiple_of(5) {
            let mut labels = LabelsPatch::default();
            labels.set("team", ["core", "web", "data"][index / 5 % 3]);
            metadata.labels = labels;
        }
        metadata
    }

    fn title(&mut self, index: usize) -> String {
        let length = self.rng.random_range(20..60);
        let title = self.text(length);
        if index % RARE_EVERY == 77 { format!("{title} {RARE_WORD}") } else { title }
    }

    fn kind(&mut self) -> Kind {
        let mut left = self.rng.random_range(0..100);
        for (share, kind) in KINDS {
            if left < *share {
                return *kind;
            }
            left -= share;
        }
        Kind::Message
    }

    fn length(&mut self) -> usize {
        if self.rng.random_range(0..HUGE) == 0 {
            return 1 << 20;
        }
        if self.rng.random_range(0..LONG) == 0 {
            return 50 << 10;
        }
        (MEDIAN * (SPREAD * self.normal()).exp()) as usize
    }

    /// Close to normal: a sum of twelve.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.rng.random_range(0.0..1.0)).sum::<f64>() - 6.0
    }

    fn token_count(&mut self) -> Value {
        let usage = json!({"input_tokens": self.rng.random_range(0..200_000), "cached_input_tokens": self.rng.random_range(0..200_000),
            "output_tokens": self.rng.random_range(0..5_000), "reasoning_output_tokens": self.rng.random_range(0..5_000)});
        json!({"type": "token_count", "info": {"total_token_usage": usage, "last_token_usage": usage, "model_context_window": 272_000},
            "rate_limits": {"primary": {"used_percent": self.rng.random_range(0..100), "window_minutes": 300}}})
    }

    fn call(&mut self) -> String {
        format!("call_{}", self.noise(24))
    }

    /// What no dictionary knows.
    fn noise(&mut self, length: usize) -> String {
        const LETTERS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        (0..length).map(|_| char::from(LETTERS[self.rng.random_range(0..64)])).collect()
    }

    /// Words; few of them are most of the text.
    pub(crate) fn text(&mut self, length: usize) -> String {
        let mut text = String::with_capacity(length + 16);
        while text.len() < length {
            match self.rng.random_range(0..40) {
                0 => text.push('\n'),
                1 => text.push_str(&self.rng.random_range(0..100_000_u32).to_string()),
                _ => {
                    let word = self.frequent();
                    text.push_str(&self.words[word]);
                }
            }
            text.push(' ');
        }
        text
    }

    /// Small numbers are frequent, large ones rare.
    fn frequent(&mut self) -> usize {
        let part: f64 = self.rng.random_range(0.0..1.0);
        ((VOCABULARY as f64).powf(part) as usize).saturating_sub(1).min(VOCABULARY - 1)
    }
}

fn word(rng: &mut impl Rng) -> String {
    const PARTS: &[&str] = &[
        "ab", "con", "de", "er", "fi", "ga", "in", "ko", "lu", "me", "no", "or", "pre", "re",
        "sta", "ti", "un", "ver", "wo", "zi", "größ", "ü", "_", "()", "::",
    ];
    let count = rng.random_range(1..5);
    (0..count).map(|_| PARTS[rng.random_range(0..PARTS.len())]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_and_another_something_else() {
        let of = |seed| {
            let mut generator = Generator::new(seed);
            let items = generator.items(200).unwrap();
            let threads: Vec<_> = (0..50).map(|_| format!("{:?}", generator.thread())).collect();
            (items, threads)
        };
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn items_have_about_1_kb_and_some_are_large() {
        let items = Generator::new(3).items(30_000).unwrap();
        let total: usize = items.iter().map(RolloutItem::len).sum();
        let mean = total / items.len();
        assert!((700..1_500).contains(&mean), "{mean}");
        let share = |bytes| items.iter().filter(|item| item.len() > bytes).count();
        assert!((30..200).contains(&share(40_000)), "{}", share(40_000));
        assert!((1..20).contains(&share(500_000)), "{}", share(500_000));
    }

    #[test]
    fn batches_have_1_to_4_items() {
        let mut generator = Generator::new(3);
        let mut seen = [0; 5];
        for _ in 0..200 {
            seen[generator.batch().unwrap().len()] += 1;
        }
        assert!(seen[0] == 0 && seen[1..].iter().all(|count| *count > 20), "{seen:?}");
    }

    #[test]
    fn one_thread_in_twenty_is_a_child_of_the_first_and_a_tenth_is_archived() {
        let mut generator = Generator::new(3);
        let threads: Vec<_> = (0..1_000).map(|_| generator.thread()).collect();
        let first = threads[0].thread_id;
        let children =
            threads.iter().filter(|thread| thread.parent_thread_id == Some(first)).count();
        assert_eq!(children, 50);
        assert_eq!(threads.iter().filter(|thread| thread.archived_at.is_some()).count(), 100);
        assert!(threads.windows(2).all(|pair| pair[0].created_at < pair[1].created_at));
    }
}
