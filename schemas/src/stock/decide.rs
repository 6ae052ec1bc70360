//! Decisions on stock papers: strict, before anything is written.

use crate::{
    operation::{Body, Role, StockMoved},
    refusal::Refusal,
    rules::{LINES_PER_DOCUMENT_MAX, Rules},
};

/// What is to be written for a stock paper.
///
/// # Errors
/// [`Refusal`]: nothing is to be written.
pub fn decide_stock(paper: &StockMoved, role: Role, rules: &Rules) -> Result<Vec<Body>, Refusal> {
    if !rules.stock_roles.contains(&role) {
        return Err(Refusal::RoleNotAllowed { role });
    }
    if paper.lines.is_empty() {
        return Err(Refusal::NoLines {});
    }
    if paper.lines.len() > LINES_PER_DOCUMENT_MAX {
        return Err(Refusal::TooMany {
            most: LINES_PER_DOCUMENT_MAX,
        });
    }
    Ok(vec![paper.clone().into()])
}
