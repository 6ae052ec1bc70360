//! What the rest of a till's program may ask of its sync.

use holdfast_schemas::{
    sync::till::{Link, SyncStatus},
    time::Timestamp,
    wire::{Answer, Question, Right, limits::ASKS_MAX},
};
use tokio::sync::{mpsc, oneshot, watch};

use crate::watched::Watched;

/// Something that is asked of the driver.
pub(super) enum SyncRequest {
    /// A question for the server.
    Ask {
        question: Question,
        answer: oneshot::Sender<Answer>,
    },
    /// Compare with the server now.
    CompareNow,
}

/// Speaks to a till's sync. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SyncHandle {
    requests: mpsc::Sender<SyncRequest>,
    status: Watched<SyncStatus>,
}

/// The driver's end.
pub(super) struct SyncMailbox {
    pub(super) requests: mpsc::Receiver<SyncRequest>,
    pub(super) status: watch::Sender<SyncStatus>,
}

impl SyncHandle {
    pub(super) fn pair(status: SyncStatus) -> (Self, SyncMailbox) {
        let (requests, received) = mpsc::channel(ASKS_MAX);
        let (status, watched) = watch::channel(status);
        let handle = Self {
            requests,
            status: Watched::new(watched),
        };
        let mailbox = SyncMailbox {
            requests: received,
            status,
        };
        (handle, mailbox)
    }

    /// That of a till without a server: nothing is ever sent, and everything that is asked is answered at once with
    /// [`Answer::NotReachable`].
    #[must_use]
    pub fn alone() -> Self {
        let status = SyncStatus {
            link: Link::Waiting {
                until: Timestamp::from_milliseconds(i64::MAX),
            },
            data_as_of: None,
            feed_behind: 0,
            unacknowledged: 0,
            quarantined: 0,
        };
        Self::pair(status).0
    }

    /// Asks the server. Answered within seconds, with [`Answer::NotReachable`] where there is no line. An order that
    /// was found is in this till's file when the answer is there.
    pub async fn ask(&self, question: Question) -> Answer {
        let (answer, answered) = oneshot::channel();
        let request = SyncRequest::Ask { question, answer };
        // The driver is gone: there is no way to ask.
        let not_reachable = || Answer::NotReachable {
            data_as_of: self.status.latest().data_as_of,
        };
        if self.requests.send(request).await.is_err() {
            return not_reachable();
        }
        answered.await.unwrap_or_else(|_| not_reachable())
    }

    /// Tells the server that a right is not needed any more, now or when there is a line. Nobody waits for its answer.
    pub(crate) async fn release(&self, right: Right) {
        let (answer, _) = oneshot::channel();
        let question = Question::ReleaseRight { right };
        // Without a driver the file keeps the right, and gives it to whoever asks.
        let _ = self
            .requests
            .send(SyncRequest::Ask { question, answer })
            .await;
    }

    /// Has this till's data compared with the server's soon, out of turn.
    pub async fn compare_now(&self) {
        // Without a driver there is nothing to compare with.
        let _ = self.requests.send(SyncRequest::CompareNow).await;
    }

    /// Where the sync stands, now and whenever that changes.
    #[must_use]
    pub fn status(&self) -> Watched<SyncStatus> {
        self.status.clone()
    }
}
