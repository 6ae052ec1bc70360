use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::{
    identity::{StoreId, UserId},
    operation::Role,
    testing::{reason, store},
    time::Timestamp,
    value::{MinorUnits, Rate},
};

fn user(number: &str, role: StaffRole) -> User {
    User {
        user: UserId::new(number).unwrap(),
        called: PersonName::new("Example").unwrap(),
        role,
        stores: UserStores::All,
        pin: None,
        badge: None,
        language: None,
        disabled: false,
    }
}

fn percent(percent: u32) -> Rate {
    Rate::from_percent(percent.into()).unwrap()
}

#[test]
fn the_usual_table_is_as_it_is_written_down() {
    let table = RightsTable::default();
    let mut rows = String::new();
    for action in TillAction::ALL {
        let words: Vec<String> = StaffRole::ALL
            .into_iter()
            .map(|role| match table.ask(role, TillRequest::new(*action)) {
                Permission::Allowed => "yes".to_owned(),
                Permission::WithOverride { by } => format!("{by:?}"),
                Permission::Refused => "no".to_owned(),
            })
            .collect();
        rows += &format!("{action:?}: {}\n", words.join(" "));
    }
    assert_eq!(
        rows,
        "Sell: yes yes yes\n\
         OverridePrice: Supervisor yes yes\n\
         GiveDiscount: yes yes yes\n\
         VoidLine: yes yes yes\n\
         VoidBasket: yes yes yes\n\
         VoidTender: yes yes yes\n\
         SuspendBasket: yes yes yes\n\
         ResumeWithoutRight: Manager Manager yes\n\
         TakeVerifiedReturn: yes yes yes\n\
         TakeLateReturn: Supervisor yes yes\n\
         TakeBlindReturn: yes yes yes\n\
         TakeBlindReturnOverCap: Supervisor yes yes\n\
         ReprintReceipt: yes yes yes\n\
         OpenDrawer: yes yes yes\n\
         MoveCash: yes yes yes\n\
         RunSession: yes yes yes\n\
         ForceClose: Manager Manager yes\n\
         RunStoreDay: Manager Manager yes\n\
         KeepCustomer: yes yes yes\n\
         EraseCustomer: Manager Manager yes\n\
         RefundWithoutRight: Manager Manager yes\n\
         ReadFigures: Supervisor yes yes\n\
         MoveStock: yes yes yes\n\
         Train: Supervisor yes yes\n\
         TakeOver: Supervisor yes yes\n"
    );
}

#[test]
fn a_limit_asks_for_the_least_role_whose_own_limit_reaches_so_far() {
    let table = RightsTable::default();
    let ask = |role, action, size| table.ask(role, TillRequest { action, size });
    let by = |by| Permission::WithOverride { by };
    use StaffRole::{Cashier, Manager, Supervisor};
    for (role, size, expected) in [
        (Cashier, 10, Permission::Allowed),
        (Cashier, 11, by(Supervisor)),
        (Cashier, 31, by(Manager)),
        (Supervisor, 30, Permission::Allowed),
        (Supervisor, 31, by(Manager)),
        (Manager, 100, Permission::Allowed),
    ] {
        let found = ask(
            role,
            TillAction::GiveDiscount,
            Size::Discount(percent(size)),
        );
        assert_eq!(found, expected, "{role:?} {size}");
    }
    let cash_out = |minor| Size::CashOut(MinorUnits::new(minor));
    assert_eq!(
        ask(Cashier, TillAction::MoveCash, cash_out(50_01)),
        by(Supervisor)
    );
    assert_eq!(
        ask(Cashier, TillAction::MoveCash, cash_out(50_001)),
        by(Manager)
    );
    // A store that lets nobody open the drawer without a sale but its manager, and lets nobody override that.
    let strict = ActionRule {
        least: Manager,
        override_by: None,
    };
    let actions = BTreeMap::from([(TillAction::OpenDrawer, strict)]);
    let table = RightsTable::new(actions, BTreeMap::new()).unwrap();
    let request = TillRequest::new(TillAction::OpenDrawer);
    assert_eq!(table.ask(Supervisor, request), Permission::Refused);
    assert_eq!(table.ask(Manager, request), Permission::Allowed);
}

#[test]
fn a_table_that_does_not_fit_together_is_refused() {
    for json in [
        r#"{"actions":{"force_close":{"least":"manager","override_by":"supervisor"}}}"#,
        r#"{"limits":{"supervisor":{"discount":"5","price_override":"50","cash_out_minor":50000}}}"#,
        r#"{"limits":{"cashier":{"discount":"101","price_override":"0","cash_out_minor":0}}}"#,
    ] {
        assert!(serde_json::from_str::<RightsTable>(json).is_err(), "{json}");
    }
    let json = r#"{"actions":{"open_drawer":{"least":"supervisor"}}}"#;
    let table: RightsTable = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&table).unwrap(), json);
    assert_eq!(
        serde_json::to_string(&RightsTable::default()).unwrap(),
        "{}"
    );
}

#[test]
fn one_user_overrides_for_another_and_both_are_named() {
    let rights = RightsTable::default();
    let request = TillRequest::new(TillAction::OverridePrice);
    let cashier = user("101", StaffRole::Cashier);
    let supervisor = user("7", StaffRole::Supervisor);
    let grant = |request, asking: &User, granting: &User| {
        ManagerOverride::grant(request, (asking, granting), &store(), &rights, reason())
    };
    let granted = grant(request, &cashier, &supervisor).unwrap();
    assert_eq!(Role::from(granted.role), Role::Supervisor);
    let entry = granted.journal_entry();
    assert_eq!(
        (entry.asked_by.as_str(), entry.granted_by.as_str()),
        ("101", "7")
    );

    let steep = TillRequest {
        action: TillAction::OverridePrice,
        size: Size::PriceOverride(percent(60)),
    };
    let elsewhere = User {
        stores: UserStores::Only([StoreId::new("south").unwrap()].into()),
        ..supervisor.clone()
    };
    let gone = User {
        disabled: true,
        ..supervisor.clone()
    };
    for (request, asking, granting, error) in [
        (request, &supervisor, &cashier, OverrideError::NotNeeded),
        (request, &cashier, &cashier, OverrideError::OwnRequest),
        (request, &cashier, &elsewhere, OverrideError::NotHere),
        (request, &cashier, &gone, OverrideError::NotHere),
        (
            steep,
            &cashier,
            &supervisor,
            OverrideError::NotEnoughRights {
                needed: StaffRole::Manager,
            },
        ),
    ] {
        assert_eq!(grant(request, asking, granting), Err(error));
    }
}

#[test]
fn a_users_record_is_json_and_its_secrets_are_in_no_log() {
    let json = r#"{"user":"101","called":"Example","role":"cashier","stores":{"only":["north"]},"pin":"$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzYWx0$Jvw7JS2Qg5HcqBCzHGRNV4DBTxL0hvQ5pI9bTNvDJCc"}"#;
    let user: User = serde_json::from_str(json).unwrap();
    assert_eq!(serde_json::to_string(&user).unwrap(), json);
    let written = format!("{user:?}");
    assert!(!written.contains("Example") && !written.contains("argon2id"));
    assert!(user.works_in(&store()) && !user.works_in(&StoreId::new("south").unwrap()));
    for wrong in [
        "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHRzYWx0$Jvw7JS2Qg5HcqBCzHGRNV4DBTxL0hvQ5pI9bTNvDJCc",
        "$argon2id$v=16$m=19456,t=2,p=1$c29tZXNhbHRzYWx0$Jvw7JS2Qg5HcqBCzHGRNV4DBTxL0hvQ5pI9bTNvDJCc",
        "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHRzYWx0$Jvw7JS2Qg5HcqBCzHGRNV4DBTxL0hvQ5pI9bTNvDJCc",
        "$argon2id$v=19$m=19456,t=99,p=1$c29tZXNhbHRzYWx0$Jvw7JS2Qg5HcqBCzHGRNV4DBTxL0hvQ5pI9bTNvDJCc",
        "$argon2id$v=19$m=19456,t=2,p=+1$c29tZXNhbHRzYWx0$Jvw7JS2Qg5HcqBCzHGRNV4DBTxL0hvQ5pI9bTNvDJCc",
        "$argon2id$v=19$m=19456,t=2,p=1$short$Jvw7JS2Qg5HcqBCzHGRNV4DBTxL0hvQ5pI9bTNvDJCc",
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzYWx0$",
        "1234",
    ] {
        assert_eq!(PinHash::new(wrong), Err(PinHashError), "{wrong}");
    }
}

#[test]
fn a_pin_that_is_guessed_at_once_is_refused() {
    let user = UserId::new("471199").unwrap();
    for (pin, found) in [
        ("1357", None),
        ("80421975", None),
        ("123", Some(PinError::Digits)),
        ("123456789", Some(PinError::Digits)),
        ("12a4", Some(PinError::Digits)),
        ("١٢٣٤", Some(PinError::Digits)),
        ("0000", Some(PinError::Repeats)),
        ("121212", Some(PinError::Repeats)),
        ("1234", Some(PinError::Counts)),
        ("7890", Some(PinError::Counts)),
        ("4321", Some(PinError::Counts)),
        ("2109", Some(PinError::Counts)),
        ("471199", Some(PinError::UserNumber)),
    ] {
        assert_eq!(Pin::choose(pin, &user).err(), found, "{pin}");
    }
    assert_eq!(format!("{:?}", Pin::typed("1357").unwrap()), "Pin(…)");
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(seconds * 1_000)
}

#[test]
fn wrong_tries_cost_more_and_more_time_also_over_a_restart() {
    let mut throttle = SignOnThrottle::default();
    for _ in 0..FREE_TRIES {
        assert_eq!(throttle.check(at(0)), Ok(()));
        throttle = throttle.failed(at(0));
    }
    for (now, wait_s) in [(0, 30), (30, 60), (90, 120), (210, 240)] {
        let stored = serde_json::to_string(&throttle).unwrap();
        throttle = serde_json::from_str(&stored).unwrap();
        let wait_ms = wait_s * 1_000;
        assert_eq!(throttle.check(at(now)), Err(TryLater { wait_ms }));
        assert!(throttle.check(at(now + wait_s - 1)).is_err());
        assert_eq!(throttle.check(at(now + wait_s)), Ok(()));
        throttle = throttle.failed(at(now + wait_s));
    }
    assert_eq!(throttle.succeeded(), SignOnThrottle::default());
    for _ in 0..100 {
        throttle = throttle.failed(at(0));
    }
    let longest = TryLater {
        wait_ms: TRY_DELAY_MS_MAX,
    };
    assert_eq!(throttle.check(at(0)), Err(longest));
    // A clock that was set back by years does not lock anybody out for years.
    assert_eq!(throttle.check(at(-100_000_000)), Err(longest));
    let rebased = throttle.at(at(-100_000_000));
    assert_eq!(rebased.check(at(-100_000_000 + 30 * 60)), Ok(()));
    assert_eq!(throttle.at(at(24 * 60 * 60)), SignOnThrottle::default());
}

proptest! {
    #[test]
    fn no_wait_is_longer_than_the_longest_and_none_is_free_after_so_many(
        tries in proptest::collection::vec(-1_000_i64..10_000, 1..60),
    ) {
        let mut throttle = SignOnThrottle::default();
        let mut now = 0;
        for step in tries {
            now += step;
            throttle = throttle.at(at(now));
            match throttle.check(at(now)) {
                Ok(()) => throttle = throttle.failed(at(now)),
                Err(TryLater { wait_ms }) => {
                    prop_assert!((1..=TRY_DELAY_MS_MAX).contains(&wait_ms));
                    prop_assert!(throttle.failures() >= FREE_TRIES);
                    let later = at(now).plus_milliseconds(wait_ms);
                    prop_assert_eq!(throttle.check(later), Ok(()));
                }
            }
        }
    }

    #[test]
    fn more_rights_never_mean_less(action in proptest::sample::select(TillAction::ALL), off in 0_u32..=100, cash in 0_i64..100_000) {
        let table = RightsTable::default();
        for size in [Size::Any, Size::Discount(percent(off)), Size::PriceOverride(percent(off)), Size::CashOut(MinorUnits::new(cash))] {
            let allowed = StaffRole::ALL.map(|role| table.ask(role, TillRequest { action, size }) == Permission::Allowed);
            prop_assert!(allowed.is_sorted());
        }
    }
}
