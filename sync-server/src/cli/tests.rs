use clap::CommandFactory;

use super::*;

/// The help of every command, in the order of the tree.
fn help(command: &mut clap::Command, path: &str, texts: &mut Vec<String>) {
    texts.push(format!("$ {path} --help\n{}", command.render_long_help()));
    let names: Vec<String> = command
        .get_subcommands()
        .map(|verb| verb.get_name().to_owned())
        .filter(|name| name != "help")
        .collect();
    for name in names {
        let verb = command.find_subcommand_mut(&name).expect("just listed");
        help(verb, &format!("{path} {name}"), texts);
    }
}

#[test]
fn the_help_tree_is_as_documented() {
    let mut texts = Vec::new();
    help(
        &mut Arguments::command().term_width(100),
        "holdfast-server",
        &mut texts,
    );
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn the_command_line_is_well_formed() {
    Arguments::command().debug_assert();
}

#[test]
fn the_legend_names_every_exit_code() {
    use crate::exit_code::*;
    for (code, words) in [
        (SUCCESS, "done"),
        (FAILED, "failed"),
        (USAGE, "command line not understood"),
        (SETTINGS, "settings"),
        (NOT_INITIALISED, "not initialised"),
        (ALREADY_EXISTS, "exists already"),
        (NOT_FOUND, "not found"),
        (INPUT_REFUSED, "input refused"),
        (DAMAGED, "damage found"),
        (STORE, "data folder"),
        (ADDRESS, "address"),
        (IN_USE, "in use"),
    ] {
        assert!(LEGEND.contains(&format!("{code} {words}")), "{code}");
    }
}
