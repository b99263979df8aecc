//! How good a hit is.

use super::{Query, Speaker};

/// Where in a thread the text was found; or, as an index has it, where it may be at most.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Tally {
    /// In its name.
    pub name: bool,
    /// In its title, or in its preview.
    pub title: bool,
    /// In so many messages of people.
    pub person: u64,
    /// In so many messages of the agent.
    pub agent: u64,
}

impl Tally {
    /// What a thread has of the text outside its messages: in its name, its title and its preview
    /// ([`ListRow::texts`](crate::ListRow::texts)).
    #[must_use]
    pub fn of_texts(query: &Query, [name, title, preview]: [Option<&str>; 3]) -> Self {
        let has = |text: Option<&str>| text.is_some_and(|text| query.find(text).next().is_some());
        Self { name: has(name), title: has(title) || has(preview), ..Self::default() }
    }

    /// Counts a message.
    pub(super) fn count(&mut self, speaker: Speaker) {
        match speaker {
            Speaker::Person => self.person += 1,
            Speaker::Agent => self.agent += 1,
        }
    }

    /// The messages counted.
    pub(super) fn messages(&self) -> u64 {
        self.person + self.agent
    }

    /// What [`SearchHit::score`](super::SearchHit::score) says. No number of messages is worth more
    /// than 1, or 2 if people said them: so the weights are powers of two.
    pub(super) fn score(&self) -> f64 {
        let (name, title) = (f64::from(self.name), f64::from(self.title));
        8.0 * name + 4.0 * title + 2.0 * diminishing(self.person) + diminishing(self.agent)
    }
}

/// 0, 1/2, 2/3, 3/4, … for 0, 1, 2, 3, …: each one more is worth less, and all are worth less than 1.
fn diminishing(count: u64) -> f64 {
    let count = count as f64;
    count / (count + 1.0)
}
