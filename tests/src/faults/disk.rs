//! A machine's disk, in memory, that promises nothing: what was written and not synced is kept, lost or turned to garbage
//! at a power cut, sector by sector; and it can fail in every way that disks fail.
//!
//! A process sees the disk through a *mount*. Killing the process ends its mount, and whatever it still does fails: the
//! page cache outlives the process, the process's handles don't.

use std::{collections::BTreeMap, sync::Arc};

use holdfast_schemas::planted::{self, Planted};

use super::{machine::PowerSwitch, random::Random};

/// What is written whole or not at all.
const SECTOR_BYTES: usize = 512;

/// How likely an unsynced sector survives a power cut, in hundredths; drawn once for each file.
const KEPT_PERCENT: [usize; 4] = [0, 50, 90, 100];

/// How likely a sector that did not survive became garbage, in hundredths.
const GARBAGE_PERCENT: usize = 10;

/// Why the disk did not do what it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DiskError {
    /// The process is dead, or the machine is off.
    Gone,
    /// It could not read.
    Read,
    /// It could not write.
    Write,
    /// It could not sync.
    Sync,
    /// There is no space left.
    Full,
}

/// How a disk is ill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Illness {
    /// One operation will fail, after so many that don't.
    FailsOnce(u64),
    /// Nothing can be read or written.
    Fails,
    /// Nothing can be read or written, and only another disk helps.
    FailsForGood,
    /// Nothing can grow or be written.
    Full,
    /// Nothing can be synced. What was to be synced then is not written later either.
    SyncFails,
    /// It was, and works again; who met it may still complain.
    Recovering,
}

/// What a disk promises, and what its system does when it can't sync.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Promise {
    /// Nothing: a sector that was being written is garbage as a whole. What could not be synced is tried again.
    ///
    /// (Without that second part SQLite loses commits: where a sector is not safe it pads its log with frames that only
    /// the next commit syncs, and never writes those again.)
    Nothing,
    /// As Linux has it: bytes beside those being written are safe. What could not be synced counts as clean, and is not
    /// written again unless the process does so.
    PowerSafeOverwrite,
}

/// A process's view of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mount(u64);

/// What was done to a file and not synced.
#[derive(Debug, Clone)]
enum Unsynced {
    Written { offset: usize, bytes: Vec<u8> },
    Cut { length: usize },
}

#[derive(Debug, Clone, Default)]
struct File {
    /// What a read returns.
    seen: Vec<u8>,
    /// What is on the platter.
    durable: Vec<u8>,
    unsynced: Vec<Unsynced>,
    /// Whether the file's name is on the platter.
    named: bool,
}

/// What a disk did, and did not do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct DiskCounts {
    pub(super) operations: u64,
    pub(super) failed: u64,
    pub(super) full: u64,
    pub(super) syncs_failed: u64,
    pub(super) power_cuts: u64,
    pub(super) sectors_lost: u64,
    pub(super) sectors_garbled: u64,
}

/// What is on a disk: a copy that can be put back.
#[derive(Debug, Clone, Default)]
pub(super) struct DiskImage(BTreeMap<String, Vec<u8>>);

/// A machine's disk.
#[derive(Debug)]
pub(super) struct Disk {
    files: BTreeMap<String, File>,
    /// Files whose removal is not on the platter yet.
    removed: BTreeMap<String, File>,
    mount: Mount,
    promise: Promise,
    power: Arc<PowerSwitch>,
    random: Random,
    illness: Option<Illness>,
    /// The machine loses its power after so many more operations.
    cut_after: Option<u64>,
    counts: DiskCounts,
}

impl Disk {
    pub(super) fn new(power: Arc<PowerSwitch>, mut random: Random) -> Self {
        let promise = if random.chance(50) {
            Promise::Nothing
        } else {
            Promise::PowerSafeOverwrite
        };
        Self {
            promise,
            files: BTreeMap::new(),
            removed: BTreeMap::new(),
            mount: Mount(0),
            power,
            random,
            illness: None,
            cut_after: None,
            counts: DiskCounts::default(),
        }
    }

    pub(super) fn promise(&self) -> Promise {
        self.promise
    }

    pub(super) fn mount(&self) -> Mount {
        self.mount
    }

    /// The process that had the disk is dead; the next one begins.
    pub(super) fn remount(&mut self) {
        self.mount.0 += 1;
        self.cut_after = None;
    }

    pub(super) fn counts(&self) -> DiskCounts {
        self.counts
    }

    pub(super) fn is_ill(&self) -> bool {
        self.illness.is_some()
    }

    pub(super) fn fall_ill(&mut self, illness: Illness) {
        if self.illness != Some(Illness::FailsForGood) {
            self.illness = Some(illness);
            self.power.set_ill(true);
        }
    }

    /// What passes by itself is over.
    pub(super) fn heal(&mut self) {
        if self.illness != Some(Illness::FailsForGood) {
            self.replace();
        }
    }

    /// Somebody brings a sound disk, with what could be read of this one: all.
    pub(super) fn replace(&mut self) {
        self.illness = None;
        self.power.set_ill(false);
    }

    /// The power goes in the middle of what is being done, after so many operations.
    pub(super) fn cut_power_after(&mut self, operations: u64) {
        self.cut_after = Some(operations);
    }

    /// The power stays.
    pub(super) fn keep_power(&mut self) {
        self.cut_after = None;
    }

    /// What is on the platter when the power is back. Each sector that was not synced was kept, lost, or is garbage.
    pub(super) fn lose_power(&mut self) {
        self.counts.power_cuts += 1;
        self.remount();
        for (name, file) in std::mem::take(&mut self.removed) {
            // Its removal may not have reached the platter.
            if !self.files.contains_key(&name) && self.random.chance(50) {
                self.files.insert(name, file);
            }
        }
        for file in self.files.values_mut() {
            file.lose_power(self.promise, &mut self.random, &mut self.counts);
        }
        let random = &mut self.random;
        self.files.retain(|_, file| file.named || random.chance(50));
    }

    /// What a copy of the disk would hold, taken while nobody writes.
    pub(super) fn image(&self) -> DiskImage {
        let content = |(name, file): (&String, &File)| (name.clone(), file.seen.clone());
        DiskImage(self.files.iter().map(content).collect())
    }

    /// Puts a copy in the place of all that is here.
    pub(super) fn put_back(&mut self, image: &DiskImage) {
        self.remount();
        self.removed.clear();
        let file = |(name, bytes): (&String, &Vec<u8>)| {
            let file = File {
                seen: bytes.clone(),
                durable: bytes.clone(),
                unsynced: Vec::new(),
                named: true,
            };
            (name.clone(), file)
        };
        self.files = image.0.iter().map(file).collect();
    }

    /// Whether a process may do anything at all, and whether the disk lets it.
    fn admit(&mut self, mount: Mount, error: DiskError) -> Result<(), DiskError> {
        self.check_mount(mount)?;
        self.counts.operations += 1;
        if let Some(left) = &mut self.cut_after {
            if *left == 0 {
                self.power.cut();
                return Err(DiskError::Gone);
            }
            *left -= 1;
        }
        let admitted = match &mut self.illness {
            None => Ok(()),
            Some(Illness::FailsOnce(0)) => {
                self.illness = Some(Illness::Recovering);
                Err(error)
            }
            Some(Illness::FailsOnce(left)) => {
                *left -= 1;
                Ok(())
            }
            Some(Illness::Fails | Illness::FailsForGood) => Err(error),
            Some(Illness::Full) if error == DiskError::Write => Err(DiskError::Full),
            Some(Illness::SyncFails) if error == DiskError::Sync => Err(DiskError::Sync),
            Some(Illness::Full | Illness::SyncFails | Illness::Recovering) => Ok(()),
        };
        match admitted {
            Err(DiskError::Full) => self.counts.full += 1,
            Err(DiskError::Sync) => self.counts.syncs_failed += 1,
            Err(DiskError::Read | DiskError::Write) => self.counts.failed += 1,
            Err(DiskError::Gone) | Ok(()) => {}
        }
        admitted
    }

    pub(super) fn check_mount(&self, mount: Mount) -> Result<(), DiskError> {
        if mount == self.mount && self.power.is_on() {
            Ok(())
        } else {
            Err(DiskError::Gone)
        }
    }

    pub(super) fn open(&mut self, mount: Mount, name: &str) -> Result<(), DiskError> {
        self.check_mount(mount)?;
        self.files.entry(name.to_owned()).or_default();
        Ok(())
    }

    pub(super) fn exists(&self, name: &str) -> bool {
        self.files
            .get(name)
            .is_some_and(|file| !file.seen.is_empty())
    }

    pub(super) fn remove(&mut self, name: &str, durably: bool) -> Result<(), DiskError> {
        self.admit(self.mount, DiskError::Write)?;
        if let Some(file) = self.files.remove(name)
            && file.named
            && !durably
        {
            self.removed.insert(name.to_owned(), file);
        }
        Ok(())
    }

    pub(super) fn length(&self, name: &str) -> usize {
        self.files.get(name).map_or(0, |file| file.seen.len())
    }

    /// Reads as much as there is; how much that was. The rest of the buffer is zero.
    pub(super) fn read(
        &mut self,
        mount: Mount,
        name: &str,
        offset: usize,
        buffer: &mut [u8],
    ) -> Result<usize, DiskError> {
        self.admit(mount, DiskError::Read)?;
        let file = self.files.get(name).ok_or(DiskError::Read)?;
        let there = file.seen.get(offset..).unwrap_or_default();
        let count = there.len().min(buffer.len());
        buffer[..count].copy_from_slice(&there[..count]);
        buffer[count..].fill(0);
        Ok(count)
    }

    pub(super) fn write(
        &mut self,
        mount: Mount,
        name: &str,
        offset: usize,
        bytes: &[u8],
    ) -> Result<(), DiskError> {
        self.admit(mount, DiskError::Write)?;
        let file = self.files.get_mut(name).ok_or(DiskError::Write)?;
        file.change(Unsynced::Written {
            offset,
            bytes: bytes.to_vec(),
        });
        Ok(())
    }

    pub(super) fn cut(&mut self, mount: Mount, name: &str, length: usize) -> Result<(), DiskError> {
        self.admit(mount, DiskError::Write)?;
        let file = self.files.get_mut(name).ok_or(DiskError::Write)?;
        file.change(Unsynced::Cut { length });
        Ok(())
    }

    pub(super) fn sync(&mut self, mount: Mount, name: &str) -> Result<(), DiskError> {
        let admitted = self.admit(mount, DiskError::Sync);
        let file = self.files.get_mut(name).ok_or(DiskError::Sync)?;
        match admitted {
            Ok(()) if planted::is(Planted::SyncLies) => Ok(()),
            Ok(()) => {
                file.sync();
                // File systems write down what happens to names in its order, so what was removed before is gone now.
                self.removed.clear();
                Ok(())
            }
            Err(DiskError::Sync) => {
                if self.promise == Promise::PowerSafeOverwrite {
                    // A part of it reached the platter all the same.
                    file.forget_unsynced(self.promise, &mut self.random, &mut self.counts);
                }
                Err(DiskError::Sync)
            }
            Err(error) => Err(error),
        }
    }
}

impl File {
    fn change(&mut self, change: Unsynced) {
        change.apply(&mut self.seen);
        self.unsynced.push(change);
    }

    fn sync(&mut self) {
        for change in self.unsynced.drain(..) {
            change.apply(&mut self.durable);
        }
        self.named = true;
    }

    fn forget_unsynced(&mut self, promise: Promise, random: &mut Random, counts: &mut DiskCounts) {
        let kept = KEPT_PERCENT[random.below(KEPT_PERCENT.len())];
        for change in self.unsynced.drain(..) {
            change.apply_in_part(&mut self.durable, promise, (kept, &mut *random), counts);
        }
    }

    fn lose_power(&mut self, promise: Promise, random: &mut Random, counts: &mut DiskCounts) {
        self.forget_unsynced(promise, random, counts);
        self.seen.clone_from(&self.durable);
    }
}

impl Unsynced {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Written { offset, bytes } => write_at(content, *offset, bytes),
            Self::Cut { length } => content.resize(*length, 0),
        }
    }

    fn apply_in_part(
        &self,
        content: &mut Vec<u8>,
        promise: Promise,
        (kept_percent, random): (usize, &mut Random),
        counts: &mut DiskCounts,
    ) {
        match self {
            Self::Cut { length } => {
                if random.chance(kept_percent) {
                    content.resize(*length, 0);
                }
            }
            Self::Written { offset, bytes } => {
                let mut done = 0;
                while done < bytes.len() {
                    let at = offset + done;
                    let end = bytes.len().min(done + SECTOR_BYTES - at % SECTOR_BYTES);
                    if random.chance(kept_percent) {
                        write_at(content, at, &bytes[done..end]);
                    } else if !random.chance(GARBAGE_PERCENT) {
                        counts.sectors_lost += 1;
                    } else {
                        counts.sectors_garbled += 1;
                        let (at, bytes) = match promise {
                            Promise::Nothing => (at - at % SECTOR_BYTES, SECTOR_BYTES),
                            Promise::PowerSafeOverwrite => (at, end - done),
                        };
                        let garbage: Vec<u8> = (0..bytes).map(|_| random.byte()).collect();
                        write_at(content, at, &garbage);
                    }
                    done = end;
                }
            }
        }
    }
}

fn write_at(content: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    let end = offset + bytes.len();
    if content.len() < end {
        content.resize(end, 0);
    }
    content[offset..end].copy_from_slice(bytes);
}
