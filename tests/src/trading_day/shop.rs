//! The shop of a trading day: a server as a process, stores with a line each, tills enrolled over QUIC.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use holdfast_node::{
    node::Node,
    replay::{ReplayTerms, TradePlan},
    settings::{Environment, Flags, Settings},
};
use holdfast_schemas::{
    identity::{NodeNumber, PriceListVersion, StoreId},
    value::Rate,
};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::{Options, TradingError, till::Till};
use crate::{
    headquarters::Headquarters,
    process::{ServerProcess, program, run_json},
    relay::Relay,
};

/// The tax in the replayed prices, per cent: the United Kingdom's standard rate.
const TAX_PERCENT: i64 = 20;

/// Everything that runs.
pub(super) struct Shop {
    pub(super) server: ServerProcess,
    pub(super) headquarters: Headquarters,
    /// One for each till, in the tills' order.
    pub(super) lines: Vec<Relay>,
    pub(super) tills: Vec<Till>,
}

#[derive(Deserialize)]
struct Code {
    code: String,
}

#[derive(Deserialize)]
struct EnrolledTill {
    node: NodeNumber,
}

#[derive(Deserialize)]
struct Key {
    key: String,
}

/// A `holdfast-server` command over one data folder.
pub(super) struct ServerCommands {
    program: PathBuf,
    data_dir: String,
}

impl ServerCommands {
    pub(super) fn new(data_dir: &Path) -> Result<Self, TradingError> {
        Ok(Self {
            program: program("holdfast-server")?,
            data_dir: data_dir.display().to_string(),
        })
    }

    pub(super) async fn run<T: serde::de::DeserializeOwned>(
        &self,
        arguments: &[&str],
    ) -> Result<T, TradingError> {
        let mut all = vec!["--data-dir", &self.data_dir, "--output", "json"];
        all.extend(arguments);
        Ok(run_json(&self.program, &all).await?)
    }
}

/// Makes the server's data, stores and catalogue; starts it; enrols and starts the tills.
pub(super) async fn open(options: &Options, plan: &TradePlan) -> Result<Shop, TradingError> {
    let data_dir = options.folder.join("server");
    let commands = ServerCommands::new(&data_dir)?;
    commands
        .run::<serde_json::Value>(&["init", "--tenant", "example"])
        .await?;
    let stores: Vec<StoreId> = (1..=options.stores).map(store_id).collect();
    for store in &stores {
        commands
            .run::<serde_json::Value>(&["store", "add", store.as_str()])
            .await?;
    }
    let catalogue = options.folder.join("catalogue.csv");
    write_catalogue(&catalogue, plan).map_err(|source| TradingError::Folder {
        path: catalogue.clone(),
        source: io::Error::other(source),
    })?;
    commands
        .run::<serde_json::Value>(&["catalog", "import", &catalogue.display().to_string()])
        .await?;
    let key: Key = commands
        .run(&[
            "key",
            "create",
            "trading-day",
            "--scope",
            "orders",
            "--scope",
            "stock",
            "--scope",
            "sessions",
            "--scope",
            "operations",
        ])
        .await?;

    let server = ServerProcess::start(&data_dir, None).await?;
    let authority = data_dir.join("pki").join("ca.pem");
    let headquarters = Headquarters::new(server.addresses().http, &authority, key.key)?;
    let mut shop = Shop {
        server,
        headquarters,
        lines: Vec::new(),
        tills: Vec::new(),
    };
    for store in stores {
        for number in 1..=options.tills {
            let line = Relay::open(shop.server.addresses().sync)
                .await
                .map_err(TradingError::Line)?;
            let folder = options.folder.join(format!("{store}-till-{number}"));
            shop.tills
                .push(open_till(&commands, &store, &folder, line.address()).await?);
            shop.lines.push(line);
        }
    }
    Ok(shop)
}

/// A store of the example company, by its number from 1.
pub(super) fn store_id(number: u32) -> StoreId {
    StoreId::new(format!("store-{number}")).expect("a store's code")
}

async fn open_till(
    commands: &ServerCommands,
    store: &StoreId,
    folder: &Path,
    server: SocketAddr,
) -> Result<Till, TradingError> {
    let code: Code = commands
        .run(&["till", "enrol-code", "--store", store.as_str()])
        .await?;
    let folder = folder.display().to_string();
    let node = program("holdfast-node")?;
    let settings = ["--data-dir", &folder, "--output", "json"];
    let run = |verb: Vec<String>| {
        let all: Vec<String> = settings
            .iter()
            .map(|word| (*word).to_owned())
            .chain(verb)
            .collect();
        let node = node.clone();
        async move {
            run_json::<serde_json::Value>(
                &node,
                &all.iter().map(String::as_str).collect::<Vec<_>>(),
            )
            .await
        }
    };
    run(vec!["init".to_owned()]).await?;
    let enrolled = run(vec![
        "enrol".to_owned(),
        "--server".to_owned(),
        server.to_string(),
        "--code".to_owned(),
        code.code,
    ])
    .await?;
    let enrolled: EnrolledTill =
        serde_json::from_value(enrolled).map_err(TradingError::Enrolled)?;

    let flags = Flags {
        data_dir: Some(folder.into()),
        ..Flags::default()
    };
    let settings = Settings::resolve(flags, &Environment::default())?;
    let rate = Rate::from_percent(Decimal::from(TAX_PERCENT)).expect("a rate");
    let terms = ReplayTerms::new(rate, PriceListVersion::default());
    Ok(Till::new(
        store.clone(),
        enrolled.node,
        Node::start(&settings)?,
        terms,
    ))
}

/// The products that the file implies, as a product list.
fn write_catalogue(path: &Path, plan: &TradePlan) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_path(path)?;
    writer.write_record([
        "sku",
        "gtins",
        "name",
        "department",
        "tax class",
        "price",
        "unit",
        "age limit",
        "discontinued",
    ])?;
    for (sku, product) in &plan.catalogue {
        let name = match product.description.as_str() {
            "" => sku.as_str(),
            name => name,
        };
        let price = product.price.to_string();
        writer.write_record([
            sku.as_str(),
            "",
            name,
            "general",
            "standard",
            &price,
            "each",
            "",
            "no",
        ])?;
    }
    writer.flush()?;
    Ok(())
}
