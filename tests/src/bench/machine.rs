//! On what machine the figures were taken.

use std::{fs, thread::available_parallelism};

/// The processor, the memory and the system, in one line. What can't be read is left out.
#[must_use]
pub fn describe_machine() -> String {
    let cores = available_parallelism().map_or(0, usize::from);
    let mut parts = vec![format!("{cores} cores")];
    parts.extend(field("/proc/cpuinfo", "model name"));
    parts.extend(field("/proc/meminfo", "MemTotal").map(|memory| format!("{memory} of memory")));
    parts.extend(
        fs::read_to_string("/proc/sys/kernel/osrelease")
            .map(|release| format!("Linux {}", release.trim())),
    );
    parts.join(", ")
}

/// The first value of a name in a file of `name: value` lines.
pub(super) fn field(file: &str, name: &str) -> Option<String> {
    fs::read_to_string(file).ok()?.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        (found.trim() == name).then(|| value.trim().to_owned())
    })
}
