//! A till without a display: Slint's testing backend (which promises nothing between versions, so only this file names it),
//! a node with its file in a folder that is thrown away, and the hands of a cashier.

use std::{
    cell::Cell,
    fs::File,
    io::{BufReader, BufWriter},
    path::Path,
    rc::Rc,
    time::Duration,
};

use holdfast_node::{Node, settings::Settings};
use holdfast_schemas::time::Timestamp;
use holdfast_till::{
    app::App,
    demo,
    event::Event,
    seam::{Seam, local_time},
    state::State,
    view::View,
};
use i_slint_backend_testing::{
    AccessibleRole, ElementHandle, ElementQuery, TestingBackend, TestingBackendOptions,
    mock_elapsed_time,
};
use slint::{
    ComponentHandle, LogicalPosition, LogicalSize, SharedString,
    platform::{Key, PointerEventButton, WindowEvent},
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A till at work.
pub(crate) struct Till {
    pub(crate) app: App,
    seam: Seam,
    asked: Rc<Cell<usize>>,
    now: Rc<Cell<Timestamp>>,
    node: Option<Node>,
    runtime: Runtime,
    _folder: TempDir,
}

/// Something that can be pressed, as a screen reader finds it.
pub(crate) struct Button {
    pub(crate) label: String,
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

impl Till {
    /// The demo shop's till at its first start, on a screen of this size.
    pub(crate) fn start(width: f32, height: f32) -> Self {
        slint::platform::set_platform(Box::new(TestingBackend::new(TestingBackendOptions {
            mock_time: true,
            threading: false,
            renderer_name: Some("software".into()),
        })))
        .expect("no platform yet");
        let folder = tempfile::tempdir().expect("a folder");
        let runtime = Runtime::new().expect("a runtime");
        let settings = Settings::for_data_dir(folder.path());
        let node = runtime
            .block_on(async { demo::start(&settings) })
            .expect("the demo shop's till");
        let desk = node.desk();
        let seam = Seam::start(&desk, runtime.handle());
        let sender = seam.sender();
        let asked = Rc::new(Cell::new(0));
        let counted = Rc::clone(&asked);
        let sink = Box::new(move |effect| {
            if sender.send(effect) {
                counted.set(counted.get() + 1);
            }
        });
        // The morning of a trading day; only the screens read this clock.
        let now = Rc::new(Cell::new(Timestamp::from_milliseconds(1_772_874_000_000)));
        let clock = Rc::clone(&now);
        let time = local_time(now.get(), "Europe/London").expect("a time");
        let state = State::new(desk.watch().latest(), time);
        let app = App::new(state, Rc::new(move || clock.get()), sink, false).expect("windows");
        app.window()
            .window()
            .set_size(LogicalSize::new(width, height));
        app.window().show().expect("shown");
        app.happened(Event::Started);
        let mut till = Self {
            app,
            seam,
            asked,
            now,
            node: Some(node),
            runtime,
            _folder: folder,
        };
        till.settle();
        till
    }

    /// The demo shop's till, with somebody signed on and its session open.
    pub(crate) fn open(width: f32, height: f32) -> Self {
        let mut till = Self::start(width, height);
        till.sign_on("F1", "2580");
        for digit in ["1", "0"] {
            till.key(digit);
        }
        till.key("Enter");
        till
    }

    /// Somebody signs on with the keyboard.
    pub(crate) fn sign_on(&mut self, who: &str, pin: &str) {
        self.key(who);
        for digit in pin.chars() {
            self.key(&digit.to_string());
        }
        self.key("Enter");
    }

    /// Waits until the node has answered all that was asked.
    pub(crate) fn settle(&mut self) {
        self.pass(1);
        while self.asked.get() > 0 {
            let event = self.seam.wait().expect("the node runs");
            if matches!(event, Event::Told(_) | Event::Answered(_)) {
                self.asked.set(self.asked.get() - 1);
            }
            self.app.happened(event);
        }
        self.pass(1);
    }

    /// Time passes on the screen.
    pub(crate) fn pass(&self, milliseconds: u64) {
        let passed = i64::try_from(milliseconds).expect("a short time");
        self.now.set(self.now.get().plus_milliseconds(passed));
        mock_elapsed_time(Duration::from_millis(milliseconds));
    }

    fn text(&self, text: SharedString) {
        let window = self.app.window().window();
        window.dispatch_event(WindowEvent::KeyPressed { text: text.clone() });
        window.dispatch_event(WindowEvent::KeyReleased { text });
    }

    /// A person presses a key: a character, or a key by the name that is printed on buttons.
    pub(crate) fn key(&mut self, name: &str) {
        let key = match name {
            "Enter" => Key::Return.into(),
            "Esc" => Key::Escape.into(),
            "Bksp" => Key::Backspace.into(),
            "Del" => Key::Delete.into(),
            "↑" => Key::UpArrow.into(),
            "↓" => Key::DownArrow.into(),
            "PgDn" => Key::PageDown.into(),
            "F1" => Key::F1.into(),
            "F2" => Key::F2.into(),
            "F3" => Key::F3.into(),
            "F4" => Key::F4.into(),
            "F5" => Key::F5.into(),
            "F6" => Key::F6.into(),
            "F7" => Key::F7.into(),
            "F8" => Key::F8.into(),
            "F9" => Key::F9.into(),
            "F10" => Key::F10.into(),
            "F11" => Key::F11.into(),
            "F12" => Key::F12.into(),
            other => other.into(),
        };
        self.text(key);
        self.pass(120);
        self.settle();
    }

    /// A scanner reads a code: its keys come within milliseconds.
    pub(crate) fn scan(&mut self, code: &str) {
        self.scan_without_waiting(code);
        self.settle();
    }

    /// The same, while the node may still be busy with what came before.
    pub(crate) fn scan_without_waiting(&mut self, code: &str) {
        for character in code.chars() {
            self.text(character.to_string().into());
            self.pass(2);
        }
        self.text(Key::Return.into());
        self.pass(2);
    }

    /// A finger presses a button.
    pub(crate) fn touch(&mut self, label: &str) {
        let button = self
            .buttons()
            .into_iter()
            .find(|button| button.label == label)
            .unwrap_or_else(|| panic!("no button {label:?} in {:?}", self.labels()));
        let position = LogicalPosition::new(
            button.left + button.width / 2.0,
            button.top + button.height / 2.0,
        );
        self.touch_at(position);
    }

    pub(crate) fn touch_at(&mut self, position: LogicalPosition) {
        let button = PointerEventButton::Left;
        let window = self.app.window().window();
        window.dispatch_event(WindowEvent::PointerMoved { position });
        window.dispatch_event(WindowEvent::PointerPressed { position, button });
        self.pass(60);
        self.app
            .window()
            .window()
            .dispatch_event(WindowEvent::PointerReleased { position, button });
        self.pass(120);
        self.settle();
    }

    /// What can be pressed, as a screen reader has it.
    pub(crate) fn buttons(&self) -> Vec<Button> {
        self.pass(1);
        let found = ElementQuery::from_root(self.app.window())
            .match_accessible_role(AccessibleRole::Button)
            .find_all();
        found
            .iter()
            .map(|element| {
                let (size, at) = (element.size(), element.absolute_position());
                Button {
                    label: element.accessible_label().unwrap_or_default().to_string(),
                    left: at.x,
                    top: at.y,
                    width: size.width,
                    height: size.height,
                }
            })
            .collect()
    }

    pub(crate) fn labels(&self) -> Vec<String> {
        self.buttons()
            .into_iter()
            .map(|button| button.label)
            .collect()
    }

    /// The elements with an identity of the files, as `Key::label`.
    pub(crate) fn elements(&self, id: &str) -> Vec<ElementHandle> {
        ElementHandle::find_by_element_id(self.app.window(), id).collect()
    }

    /// What is drawn.
    pub(crate) fn view(&self) -> View {
        self.app.view()
    }

    /// The total, or whatever stands largest.
    pub(crate) fn big(&self) -> String {
        self.view().big.value
    }

    /// Shows something else than the state, for a picture.
    pub(crate) fn show(&self, view: &View) {
        self.app.show(view.clone());
        self.pass(1);
    }

    /// Draws the window into a file.
    pub(crate) fn picture(&self, path: &Path) {
        self.pixels().write(path);
    }

    /// Draws the window.
    pub(crate) fn pixels(&self) -> Pixels {
        self.pass(1);
        let window = self.app.window().window();
        let picture = window.take_snapshot().expect("a picture");
        Pixels {
            width: picture.width(),
            height: picture.height(),
            rgba: picture.as_bytes().to_vec(),
        }
    }

    /// Asks the node itself, behind the screens' back.
    pub(crate) fn pending(&self) -> u64 {
        let node = self.node.as_ref().expect("the node runs");
        node.handle().watch().latest().pending.entries
    }
}

impl Drop for Till {
    fn drop(&mut self) {
        if let Some(node) = self.node.take() {
            self.runtime.block_on(node.stop());
        }
    }
}

/// A picture.
pub(crate) struct Pixels {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Red, green, blue and alpha of each pixel, row by row.
    pub(crate) rgba: Vec<u8>,
}

impl Pixels {
    /// Writes it as PNG. Nothing in it is transparent, so it has no alpha there.
    pub(crate) fn write(&self, path: &Path) {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        let file = BufWriter::new(File::create(path).expect("the file"));
        let mut encoder = png::Encoder::new(file, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        // Screens are flat: they are smaller without a filter.
        encoder.set_compression(png::Compression::Balanced);
        encoder.set_filter(png::Filter::NoFilter);
        let opaque = self.rgba.chunks_exact(4).flat_map(|pixel| &pixel[..3]);
        let rgb: Vec<u8> = opaque.copied().collect();
        let mut writer = encoder.write_header().expect("the head");
        writer.write_image_data(&rgb).expect("the pixels");
    }

    /// Reads what was written.
    pub(crate) fn read(path: &Path) -> Self {
        let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut reader = png::Decoder::new(BufReader::new(file))
            .read_info()
            .expect("a PNG");
        let mut rgb = vec![0; reader.output_buffer_size().expect("a size")];
        let frame = reader.next_frame(&mut rgb).expect("the pixels");
        let opaque = rgb[..frame.buffer_size()].chunks_exact(3);
        Self {
            width: frame.width,
            height: frame.height,
            rgba: opaque
                .flat_map(|pixel| [pixel[0], pixel[1], pixel[2], u8::MAX])
                .collect(),
        }
    }
}

/// The barcode of a product of the demo shop.
pub(crate) fn code(name: &str) -> String {
    let products = demo::products().expect("the price list");
    let product = products
        .iter()
        .find(|product| product.description.to_string() == name)
        .unwrap_or_else(|| panic!("no product {name}"));
    let gtin = product.gtins.iter().next().expect("a barcode");
    gtin.to_string()
}
