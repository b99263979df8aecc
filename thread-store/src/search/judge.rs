//! Whether a thread is a hit, and what is shown of it.

use super::tally::Tally;
use super::{Message, Occurrence, Query, SearchHit, Snippet, Speaker};
use crate::thread::StoredThread;

/// What a thread and its messages have of the text, with at most so many occurrences.
pub(super) fn judge<'a>(
    query: &Query,
    occurrences: usize,
    thread: &StoredThread,
    messages: impl IntoIterator<Item = Message<'a>>,
) -> Option<SearchHit> {
    let metadata = &thread.metadata;
    let within = |text: &Option<String>| snippet(query, text.as_deref()?);
    let name = within(&metadata.name);
    let title = within(&metadata.title).or_else(|| within(&metadata.preview));
    let tally = Tally { name: name.is_some(), title: title.is_some(), ..Tally::default() };
    let mut found = Found { tally, ..Found::default() };
    for message in messages {
        if let Some(snippet) = snippet(query, &message.text) {
            found.take(message, snippet, occurrences);
        }
    }
    let Found { tally, person, agent, occurrences } = found;
    let Snippet { text, range } = person.or(agent).or(name).or(title)?;
    Some(SearchHit {
        thread: thread.clone(),
        score: tally.score(),
        snippet: text,
        range,
        count: tally.messages(),
        occurrences,
    })
}

fn snippet(query: &Query, text: &str) -> Option<Snippet> {
    query.find(text).next().map(|place| Snippet::new(text, place))
}

/// What was found so far.
#[derive(Default)]
struct Found {
    tally: Tally,
    /// Of the first message of a person.
    person: Option<Snippet>,
    /// Of the first message of the agent.
    agent: Option<Snippet>,
    occurrences: Vec<Occurrence>,
}

impl Found {
    fn take(&mut self, message: Message<'_>, snippet: Snippet, most: usize) {
        self.tally.count(message.speaker);
        if self.occurrences.len() < most {
            self.occurrences.push(Occurrence {
                turn_id: message.turn_id.to_owned(),
                item_id: message.item_id.to_owned(),
                ordinal: message.ordinal,
                speaker: message.speaker,
                snippet: snippet.text.clone(),
                range: snippet.range.clone(),
            });
        }
        let first = match message.speaker {
            Speaker::Person => &mut self.person,
            Speaker::Agent => &mut self.agent,
        };
        first.get_or_insert(snippet);
    }
}
