//! What can go wrong, and how often it does.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::random::Random;

/// Something that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Fault {
    /// The till's process dies.
    TillKilled,
    /// The server's process dies.
    ServerKilled,
    /// The till's power goes, maybe in the middle of a write.
    TillPower,
    /// Headquarters' power goes, maybe in the middle of a write.
    ServerPower,
    /// A till can't be reached.
    TillCutOff,
    /// Headquarters can't be reached.
    ServerCutOff,
    /// The line gets better or worse.
    Weather,
    /// A till's disk fails.
    TillDisk(Ailment),
    /// Headquarters' disk fails.
    ServerDisk(Ailment),
    /// A till's clock jumps.
    TillClock(Jump),
    /// Headquarters' clock jumps.
    ServerClock(Jump),
    /// A till runs another version of the program from now on.
    TillVersion,
    /// Headquarters runs another version of the program from now on.
    ServerVersion,
    /// A later version of the program ran at a till for a moment, and wrote what this one does not know.
    UnknownOperation,
    /// An old copy is put in the place of a till's disk.
    TillRestored,
    /// A copy of a till trades beside it.
    TillCopied,
    /// A till is shut out.
    TillRevoked,
    /// Headquarters is put back from an old copy.
    ServerRestored,
}

/// How a disk fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Ailment {
    /// One read or write fails.
    FailsOnce,
    /// Nothing can be read or written for a while.
    Fails,
    /// Nothing can be read or written, until somebody brings another disk.
    FailsForGood,
    /// There is no space for a while.
    Full,
    /// Nothing can be synced for a while.
    SyncFails,
}

/// How a clock jumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Jump {
    /// By ten years.
    YearsForward,
    /// By ten years.
    YearsBack,
    /// By up to a minute and a half.
    Forward,
    /// By up to a minute and a half.
    Back,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TillDisk(ailment) => write!(formatter, "TillDisk{ailment:?}"),
            Self::ServerDisk(ailment) => write!(formatter, "ServerDisk{ailment:?}"),
            Self::TillClock(jump) => write!(formatter, "TillClock{jump:?}"),
            Self::ServerClock(jump) => write!(formatter, "ServerClock{jump:?}"),
            Self::TillKilled
            | Self::ServerKilled
            | Self::TillPower
            | Self::ServerPower
            | Self::TillCutOff
            | Self::ServerCutOff
            | Self::Weather
            | Self::TillVersion
            | Self::ServerVersion
            | Self::UnknownOperation
            | Self::TillRestored
            | Self::TillCopied
            | Self::TillRevoked
            | Self::ServerRestored => write!(formatter, "{self:?}"),
        }
    }
}

impl Fault {
    /// Each with how often it happens, relative to the others.
    const OFTEN: [(Self, u64); 28] = [
        (Self::TillKilled, 24),
        (Self::ServerKilled, 24),
        (Self::TillPower, 24),
        (Self::ServerPower, 28),
        (Self::TillCutOff, 24),
        (Self::ServerCutOff, 8),
        (Self::Weather, 24),
        (Self::TillDisk(Ailment::FailsOnce), 4),
        (Self::TillDisk(Ailment::Fails), 4),
        (Self::TillDisk(Ailment::FailsForGood), 1),
        (Self::TillDisk(Ailment::Full), 4),
        (Self::TillDisk(Ailment::SyncFails), 4),
        (Self::ServerDisk(Ailment::FailsOnce), 4),
        (Self::ServerDisk(Ailment::Fails), 4),
        (Self::ServerDisk(Ailment::FailsForGood), 1),
        (Self::ServerDisk(Ailment::Full), 4),
        (Self::ServerDisk(Ailment::SyncFails), 4),
        (Self::TillClock(Jump::YearsForward), 2),
        (Self::TillClock(Jump::YearsBack), 2),
        (Self::TillClock(Jump::Forward), 2),
        (Self::TillClock(Jump::Back), 2),
        (Self::ServerClock(Jump::YearsForward), 1),
        (Self::ServerClock(Jump::YearsBack), 1),
        (Self::ServerClock(Jump::Forward), 1),
        (Self::ServerClock(Jump::Back), 1),
        (Self::TillVersion, 6),
        (Self::ServerVersion, 4),
        (Self::UnknownOperation, 4),
    ];

    /// What happens at most once in a run, and not in every one, since it changes what may be expected; each with how
    /// many of ten runs have it.
    const RARE: [(Self, usize); 4] = [
        (Self::TillRestored, 2),
        (Self::TillCopied, 1),
        (Self::TillRevoked, 1),
        (Self::ServerRestored, 2),
    ];

    /// Every one.
    pub fn all() -> impl Iterator<Item = Self> {
        let often = Self::OFTEN.iter().map(|(fault, _)| *fault);
        often.chain(Self::RARE.iter().map(|(fault, _)| *fault))
    }

    pub(super) fn draw(random: &mut Random) -> Self {
        let all: u64 = Self::OFTEN.iter().map(|(_, weight)| weight).sum();
        let mut at = random.between(0, all - 1);
        for (fault, weight) in Self::OFTEN {
            if at < weight {
                return fault;
            }
            at -= weight;
        }
        Self::Weather
    }

    pub(super) fn draw_rare(random: &mut Random) -> Option<Self> {
        let mut at = random.below(10);
        for (fault, of_ten) in Self::RARE {
            if at < of_ten {
                return Some(fault);
            }
            at -= of_ten;
        }
        None
    }
}
