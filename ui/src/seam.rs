//! The seam to the node: the only code that speaks to the desk. Commands go in order on the node's own threads, answers
//! come back as events, and no screen ever waits.

use holdfast_node::desk::{DeskCommand, DeskHandle, DeskRefusal};
use holdfast_schemas::{
    receipt::LocalTime,
    sync::till::Link,
    time::{BusinessDate, Timestamp},
};
use jiff::tz::TimeZone;
use tokio::{runtime::Handle, sync::mpsc, task::JoinSet};

use crate::event::{Answered, Effect, Event, Question, Told};

/// How many of the newest orders are listed.
const ORDERS_MAX: usize = 50;

/// One end of the seam: what the screens hold.
#[derive(Debug)]
pub struct Seam {
    commands: mpsc::UnboundedSender<DeskCommand>,
    questions: mpsc::UnboundedSender<Question>,
    events: mpsc::UnboundedReceiver<Event>,
    // Ends the tasks with the seam.
    _tasks: JoinSet<()>,
}

/// Gives the seam what is to be done.
#[derive(Debug, Clone)]
pub struct SeamSender {
    commands: mpsc::UnboundedSender<DeskCommand>,
    questions: mpsc::UnboundedSender<Question>,
}

impl SeamSender {
    /// Has something done. A sound is the machine's own affair: `false`.
    pub fn send(&self, effect: Effect) -> bool {
        match effect {
            Effect::Tell(command) => self.commands.send(command).is_ok(),
            Effect::Ask(question) => self.questions.send(question).is_ok(),
            Effect::Sound(_) => false,
        }
    }
}

impl Seam {
    /// Starts the tasks on a runtime.
    #[must_use]
    pub fn start(desk: &DeskHandle, runtime: &Handle) -> Self {
        let (commands, told) = mpsc::unbounded_channel();
        let (questions, asked) = mpsc::unbounded_channel();
        let (answers, events) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        tasks.spawn_on(tell(desk.clone(), told, answers.clone()), runtime);
        tasks.spawn_on(answer(desk.clone(), asked, answers.clone()), runtime);
        tasks.spawn_on(watch_line(desk.clone(), answers), runtime);
        Self {
            commands,
            questions,
            events,
            _tasks: tasks,
        }
    }

    /// What gives the seam its work.
    #[must_use]
    pub fn sender(&self) -> SeamSender {
        SeamSender {
            commands: self.commands.clone(),
            questions: self.questions.clone(),
        }
    }

    /// The next event; `None` once the node has ended.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// The next event, by waiting for it: for whoever has no event loop.
    pub fn wait(&mut self) -> Option<Event> {
        self.events.blocking_recv()
    }
}

/// Tells the desk what comes, and passes on what it shows. One task does both: a desk that was seen before a command
/// can't arrive after the command's answer.
async fn tell(
    desk: DeskHandle,
    mut commands: mpsc::UnboundedReceiver<DeskCommand>,
    events: mpsc::UnboundedSender<Event>,
) {
    let mut views = desk.watch();
    loop {
        let event = tokio::select! {
            biased;
            command = commands.recv() => {
                let Some(command) = command else { return };
                let result = desk.tell(command.clone()).await;
                let desk = desk.watch().latest();
                Event::Told(Box::new(Told { command, result, desk }))
            }
            view = views.changed() => {
                let Ok(view) = view else { return };
                Event::Desk(view)
            }
        };
        if events.send(event).is_err() {
            return;
        }
    }
}

async fn answer(
    desk: DeskHandle,
    mut questions: mpsc::UnboundedReceiver<Question>,
    events: mpsc::UnboundedSender<Event>,
) {
    while let Some(question) = questions.recv().await {
        let answered = ask(&desk, question).await.unwrap_or_else(Answered::Refused);
        if events.send(Event::Answered(Box::new(answered))).is_err() {
            return;
        }
    }
}

async fn ask(desk: &DeskHandle, question: Question) -> Result<Answered, DeskRefusal> {
    Ok(match question {
        Question::Users => Answered::Users(desk.users().await?),
        Question::QuickKeys(page) => Answered::QuickKeys(page, desk.quick_keys(page).await?),
        Question::Search(search) => {
            let words = search.words.clone();
            Answered::Search(words, desk.search_products(search).await?)
        }
        Question::Price(code) => Answered::Price(Box::new(desk.price_check(code).await?)),
        Question::LookUp(key) => Answered::LookUp(desk.look_up(key).await?),
        Question::Figures(session) => Answered::Figures(Box::new(desk.figures(session).await?)),
        Question::Orders => Answered::Orders(desk.orders_before(None, ORDERS_MAX).await?),
        Question::Receipt(document) => Answered::Receipt(Box::new(desk.receipt(document).await?)),
        Question::Journal => Answered::Journal(desk.journal(None).await?),
    })
}

async fn watch_line(desk: DeskHandle, events: mpsc::UnboundedSender<Event>) {
    let mut status = desk.sync().status();
    let mut link = status.latest().link;
    loop {
        let online = matches!(link, Link::Online);
        if events.send(Event::Line(online)).is_err() {
            return;
        }
        let changed = status
            .wait_for(|status| matches!(status.link, Link::Online) != online)
            .await;
        match changed {
            Ok(status) => link = status.link,
            Err(_) => return,
        }
    }
}

/// What the store's clocks show at a moment, in UTC where its time zone is unknown; `None` for a moment that no calendar
/// has.
#[must_use]
pub fn local_time(now: Timestamp, time_zone: &str) -> Option<LocalTime> {
    let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
    let moment = jiff::Timestamp::from_millisecond(now.milliseconds()).ok()?;
    let local = moment.to_zoned(zone);
    let part = |value: i8| u8::try_from(value).ok();
    let year = u16::try_from(local.year()).ok()?;
    Some(LocalTime {
        date: BusinessDate::new(year, part(local.month())?, part(local.day())?).ok()?,
        hour: part(local.hour())?,
        minute: part(local.minute())?,
    })
}
