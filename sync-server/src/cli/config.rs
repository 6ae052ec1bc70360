//! `config show`.

use serde::Serialize;

use super::{
    answer::{Answer, table},
    context::Context,
};

/// Every setting.
#[derive(Debug, Serialize)]
pub(super) struct ConfigAnswer {
    settings: Vec<SettingAnswer>,
}

#[derive(Debug, Serialize)]
struct SettingAnswer {
    key: &'static str,
    value: String,
    source: String,
}

pub(super) fn show(context: &Context) -> ConfigAnswer {
    let settings = context.settings.listing().into_iter();
    ConfigAnswer {
        settings: settings
            .map(|(key, value, source)| SettingAnswer { key, value, source })
            .collect(),
    }
}

impl Answer for ConfigAnswer {
    fn text(&self) -> String {
        let row = |setting: &SettingAnswer| {
            [
                setting.key.to_owned(),
                setting.value.clone(),
                setting.source.clone(),
            ]
        };
        table(["SETTING", "VALUE", "FROM"], self.settings.iter().map(row))
    }
}
