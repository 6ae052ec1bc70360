//! Two connections of one till: what it said over the older one comes late, and must not undo what it said since.

use holdfast_schemas::{
    identity::{DocumentId, NodeNumber},
    wire::{Answer, Ask, AskAnswer, AskId, HeldBecause, Message, Question, Right, RightKind},
};
use holdfast_server::store::PageLimit;

use super::{
    line::{Line, Server, opened},
    shop::Company,
};

impl Line {
    async fn ask(&mut self, id: u64, question: Question) {
        let id = AskId(id);
        self.send(Ask { id, question }).await;
    }

    async fn answer(&mut self) -> Answer {
        let message = self.next().await;
        let Message::AskAnswer(AskAnswer { answer, .. }) = message else {
            panic!("{}", message.name());
        };
        answer
    }

    async fn granted(&mut self, id: u64, right: Right) {
        self.ask(id, Question::TakeRight { right }).await;
        let answer = self.answer().await;
        assert!(matches!(answer, Answer::Granted { .. }), "{answer:?}");
    }

    /// What the server asks this till to yield.
    async fn asked_to_yield(&mut self, right: Right) -> AskId {
        let message = self.next().await;
        let Message::Ask(Ask { id, question }) = message else {
            panic!("{}", message.name());
        };
        let is_about_it =
            matches!(question, Question::YieldRight { right: asked, .. } if asked == right);
        assert!(is_about_it, "{question:?}");
        id
    }

    /// Settles that a right is given up, and is given it anew.
    async fn released_and_granted_anew(&mut self, right: Right) {
        self.ask(1, Question::ReleaseRight { right }).await;
        assert_eq!(self.answer().await, Answer::Released);
        self.granted(2, right).await;
    }
}

impl Server {
    fn holder(&self, right: Right) -> Option<NodeNumber> {
        let rows = self.store.rights(None, PageLimit::MAX).expect("read");
        let row = rows.iter().find(|row| row.right == right);
        row.map(|row| row.node)
    }
}

fn refund(document: DocumentId) -> Right {
    Right {
        kind: RightKind::Refund,
        document,
    }
}

/// An order that the server has, and its till's line.
async fn sold(server: &Server, company: &mut Company) -> (Right, Line) {
    let right = refund(company.sell(0, "TEA", 1, None));
    let till = &company.tills[0];
    let (mut line, _) = server.online(till).await;
    line.push(till.all().expect("something was sold")).await;
    (right, line)
}

#[tokio::test]
async fn a_late_yes_to_a_question_to_yield_gives_nothing_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, mut company) = opened(&folder);
    let server = Server::start(store);
    let (right, mut older) = sold(&server, &mut company).await;
    older.granted(1, right).await;
    let (mut neighbour, _) = server.online(&company.tills[1]).await;
    neighbour.ask(1, Question::TakeRight { right }).await;
    let id = older.asked_to_yield(right).await;

    let (mut newer, _) = server.online(&company.tills[0]).await;
    newer.released_and_granted_anew(right).await;
    let answer = Answer::Released;
    older.send(AskAnswer { id, answer }).await;
    let answer = neighbour.answer().await;
    assert!(!matches!(answer, Answer::Granted { .. }), "{answer:?}");
    assert_eq!(server.holder(right), Some(company.tills[0].node));
    server.sync.shutdown().await;
}

#[tokio::test]
async fn a_release_that_waited_over_an_older_connection_frees_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let (store, mut company) = opened(&folder);
    let server = Server::start(store);
    let (right, mut older) = sold(&server, &mut company).await;
    older.granted(1, right).await;
    let (mut neighbour, _) = server.online(&company.tills[1]).await;
    let other = Right {
        kind: RightKind::Handover,
        ..right
    };
    neighbour.granted(1, other).await;
    // The neighbour takes its time to say whether it yields, and what comes after that question waits with it.
    older.ask(2, Question::TakeRight { right: other }).await;
    let id = neighbour.asked_to_yield(other).await;
    older.ask(3, Question::ReleaseRight { right }).await;

    let (mut newer, _) = server.online(&company.tills[0]).await;
    newer.released_and_granted_anew(right).await;
    let answer = Answer::Held {
        by: company.tills[1].node,
        because: HeldBecause::InUse,
    };
    neighbour.send(AskAnswer { id, answer }).await;
    assert!(matches!(older.answer().await, Answer::Held { .. }));
    // The release: answered when its turn came.
    older.answer().await;
    assert_eq!(server.holder(right), Some(company.tills[0].node));
    server.sync.shutdown().await;
}
