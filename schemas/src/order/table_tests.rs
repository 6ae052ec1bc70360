//! The transition table: every status is reached, and everything that is not in it is refused with a reason.

use std::collections::BTreeSet;

use super::{OrderAction, OrderStatus, transition_table};
use crate::{
    operation::{OrderType, Role},
    refusal::Refusal,
};

const DIAGRAM: &str = include_str!("../../../docs/order-states.md");

#[test]
fn every_status_of_a_carry_out_order_is_reached() {
    let table = transition_table(OrderType::CarryOut).unwrap();
    let mut reached = BTreeSet::from([OrderStatus::New]);
    for _ in 0..OrderStatus::ALL.len() {
        for row in table.rows {
            if reached.contains(&row.from) {
                reached.extend(row.to);
            }
        }
    }
    assert_eq!(reached, BTreeSet::from(OrderStatus::ALL));
}

#[test]
fn each_status_action_and_role_has_one_row_or_one_reason() {
    let table = transition_table(OrderType::CarryOut).unwrap();
    let mut allowed = 0;
    for status in OrderStatus::ALL {
        for action in OrderAction::ALL {
            let rows = table
                .rows
                .iter()
                .filter(|row| (row.from, row.action) == (status, action));
            let rows: Vec<_> = rows.collect();
            assert!(rows.len() <= 1, "{status:?} {action:?} has two rows");
            for role in Role::ALL {
                let expected = match rows.first() {
                    None => Err(Refusal::NotInThisStatus { action, status }),
                    Some(row) if row.roles.contains(&role) => Ok(*row),
                    Some(_) => Err(Refusal::RoleNotAllowed { role }),
                };
                allowed += usize::from(expected.is_ok());
                assert_eq!(table.step(status, action, role), expected);
            }
        }
    }
    let rows_and_roles: usize = table.rows.iter().map(|row| row.roles.len()).sum();
    assert_eq!(allowed, rows_and_roles);
}

#[test]
fn types_without_a_table_are_refused_by_name() {
    for order_type in OrderType::ALL {
        match transition_table(order_type) {
            Ok(table) => assert_eq!(table.order_type, order_type),
            Err(refusal) => assert_eq!(refusal, Refusal::OrderTypeNotSold { order_type }),
        }
    }
}

#[test]
fn the_state_diagram_in_the_docs_is_fresh() {
    let table = transition_table(OrderType::CarryOut).unwrap();
    let expected = format!("```mermaid\n{table}```\n");
    assert!(
        DIAGRAM.contains(&expected),
        "docs/order-states.md is stale; its diagram should be:\n{expected}"
    );
}
