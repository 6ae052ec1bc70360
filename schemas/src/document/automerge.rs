//! The bridge to Automerge: the one module of the product that names it.
//!
//! It is for files that any Automerge tool can open, and for checking ourselves against it; it is never on the path of a
//! sale. Changes are handed to it only after they were recognised: a stranger's bytes can make a general decoder panic or
//! take all memory there is.

use automerge::{Automerge, ReadDoc};

use super::Document;
use crate::{
    change::{ChangeRefusal, recognise},
    identity::ChangeHash,
};

/// Why a document can't be exported, imported or verified.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// A change is none of ours.
    #[error("a change is refused")]
    Refused(#[from] ChangeRefusal),
    /// Automerge does not take the bytes. Of changes that we recognise this says that their log was forged: their
    /// sequence numbers or counters don't follow from what they depend on.
    #[error("Automerge refuses the document")]
    Automerge(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Changes that others depend on are missing.
    #[error("the document lacks {0} changes")]
    Incomplete(usize),
    /// Automerge reads something else than we do.
    #[error("Automerge reads other {0} than we do")]
    Different(&'static str),
}

/// Saves a document, given by all of its raw changes in any order, as one Automerge file.
///
/// # Errors
/// [`BridgeError`]; a document that lacks changes can't be saved whole.
pub fn save<'a>(changes: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<u8>, BridgeError> {
    Ok(open(changes)?.save())
}

/// Reads an Automerge file back to raw changes, each after those that it depends on.
///
/// The file goes to Automerge unseen, so it must come from somebody who is trusted with this machine: an operator who
/// names it on the command line, never a peer.
///
/// # Errors
/// [`BridgeError`]: it is no Automerge file, or one of another shape than ours.
pub fn load(file: &[u8]) -> Result<Vec<Vec<u8>>, BridgeError> {
    let document = Automerge::load(file).map_err(refused)?;
    let mut changes = Vec::new();
    for change in document.get_changes(&[]) {
        recognise(change.raw_bytes())?;
        changes.push(change.raw_bytes().to_vec());
    }
    Ok(changes)
}

/// The document's heads as Automerge finds them, ascending.
///
/// # Errors
/// [`BridgeError`], as for [`save`].
pub fn heads<'a>(
    changes: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<ChangeHash>, BridgeError> {
    Ok(heads_of(&open(changes)?))
}

/// Checks that Automerge reads from the raw changes the same heads and the same operations, in number and text, as the
/// document has.
///
/// # Errors
/// [`BridgeError::Different`] where it does not, and all of [`save`]'s.
pub fn verify<'a>(
    document: &Document,
    changes: impl IntoIterator<Item = &'a [u8]> + Clone,
) -> Result<(), BridgeError> {
    let opened = open(changes.clone())?;
    if !document.heads().eq(heads_of(&opened)) {
        return Err(BridgeError::Different("heads"));
    }
    for bytes in changes {
        for operation in recognise(bytes)?.operations() {
            let value = opened
                .get(automerge::ROOT, format!("op/{}", operation.id))
                .map_err(refused)?;
            let same = value.is_some_and(|(value, _)| value.as_str() == Some(&operation.json));
            if !same || document.operation(operation.id) != Some(&operation.recorded) {
                return Err(BridgeError::Different("operations"));
            }
        }
    }
    let keys = opened.keys(automerge::ROOT);
    if keys.filter(|key| key.starts_with("op/")).count() != document.operation_count() {
        return Err(BridgeError::Different("operations"));
    }
    Ok(())
}

fn open<'a>(changes: impl IntoIterator<Item = &'a [u8]>) -> Result<Automerge, BridgeError> {
    let mut recognised = Vec::new();
    for bytes in changes {
        recognise(bytes)?;
        recognised.push(automerge::Change::from_bytes(bytes.to_vec()).map_err(refused)?);
    }
    let mut document = Automerge::new();
    document.apply_changes(recognised).map_err(refused)?;
    match document.get_missing_deps(&[]).len() {
        0 => Ok(document),
        missing => Err(BridgeError::Incomplete(missing)),
    }
}

fn heads_of(document: &Automerge) -> Vec<ChangeHash> {
    let mut heads: Vec<_> = document
        .get_heads()
        .into_iter()
        .map(|hash| ChangeHash::from_bytes(hash.0))
        .collect();
    heads.sort_unstable();
    heads
}

fn refused(error: impl std::error::Error + Send + Sync + 'static) -> BridgeError {
    BridgeError::Automerge(Box::new(error))
}
