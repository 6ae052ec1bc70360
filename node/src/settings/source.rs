//! Where the value of a setting comes from, and which source goes before which.

use std::{collections::BTreeMap, error::Error, ffi::OsString, fmt, path::PathBuf, str::FromStr};

use super::{SettingsError, VARIABLE_PREFIX};

/// A value and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub source: Source,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A flag of the command line.
    Flag(&'static str),
    /// A variable of the environment.
    Environment(&'static str),
    /// The settings file.
    File(PathBuf),
    /// The till's enrolment.
    Enrolment,
    /// Nobody said anything.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => write!(formatter, "flag {flag}"),
            Self::Environment(variable) => write!(formatter, "environment {variable}"),
            Self::File(file) => write!(formatter, "file {}", file.display()),
            Self::Enrolment => formatter.write_str("enrolment"),
            Self::Default => formatter.write_str("default"),
        }
    }
}

/// The variables of the environment that begin with [`VARIABLE_PREFIX`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// This process's.
    #[must_use]
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .collect()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn get<T: FromStr>(&self, variable: &'static str) -> Result<Option<T>, SettingsError>
    where
        T::Err: Error + Send + Sync + 'static,
    {
        let Some(text) = self.0.get(variable) else {
            return Ok(None);
        };
        let text = text
            .to_str()
            .ok_or(SettingsError::VariableText { variable })?;
        text.parse()
            .map(Some)
            .map_err(|error| SettingsError::Variable {
                variable,
                source: Box::new(error),
            })
    }
}

impl FromIterator<(String, OsString)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, OsString)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .filter(|(name, _)| name.starts_with(VARIABLE_PREFIX))
                .collect(),
        )
    }
}

/// The sources beside the flags.
pub(super) struct Sources<'a> {
    pub(super) environment: &'a Environment,
    pub(super) file: PathBuf,
}

impl Sources<'_> {
    /// The order of precedence: flag, environment, file. `None` where none of them says anything.
    pub(super) fn pick<T: FromStr>(
        &self,
        (flag, flagged): (&'static str, Option<T>),
        variable: &'static str,
        filed: Option<T>,
    ) -> Result<Option<Value<T>>, SettingsError>
    where
        T::Err: Error + Send + Sync + 'static,
    {
        // A variable that is wrong is an error even where a flag hides it.
        let variable_value = self.environment.get(variable)?;
        let found = match (flagged, variable_value, filed) {
            (Some(value), _, _) => Some((value, Source::Flag(flag))),
            (None, Some(value), _) => Some((value, Source::Environment(variable))),
            (None, None, Some(value)) => Some((value, Source::File(self.file.clone()))),
            (None, None, None) => None,
        };
        Ok(found.map(|(value, source)| Value { value, source }))
    }

    /// As [`Sources::pick`], and the default in the end.
    pub(super) fn pick_or<T: FromStr>(
        &self,
        flag: (&'static str, Option<T>),
        variable: &'static str,
        filed: Option<T>,
        default: impl FnOnce() -> T,
    ) -> Result<Value<T>, SettingsError>
    where
        T::Err: Error + Send + Sync + 'static,
    {
        Ok(self.pick(flag, variable, filed)?.unwrap_or_else(|| Value {
            value: default(),
            source: Source::Default,
        }))
    }
}
