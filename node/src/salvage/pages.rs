//! The pages of an SQLite file as its write-ahead log leaves them, read one by one and without SQLite, which gives up at
//! the first damage.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, ErrorKind, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// What a till's file is made with, for a header that can't be read.
const PAGE_BYTES_USUAL: usize = 4096;
const PAGE_BYTES_MIN: usize = 512;

/// Where a file's header says how large a page is; 1 stands for 65,536.
const PAGE_BYTES_AT: usize = 16;

const WAL_HEADER_BYTES: usize = 32;
const FRAME_HEADER_BYTES: usize = 24;
/// How a write-ahead log begins, without the bit that says in which order its checksums are.
const WAL_MAGIC: u32 = 0x377f_0682;
/// Where its header has its page size, and its two salts.
const WAL_PAGE_BYTES_AT: usize = 8;
const WAL_SALTS: std::ops::Range<usize> = 16..24;
/// Where a frame's header says how large the file is after a commit, and has the salts again.
const FRAME_COMMIT_AT: usize = 4;
const FRAME_SALTS: std::ops::Range<usize> = 8..16;

/// A file, by its pages.
pub(super) struct Pages {
    file: File,
    page_bytes: usize,
    pages: u32,
    wal: Option<Wal>,
}

/// What was committed to the write-ahead log.
struct Wal {
    file: File,
    /// Where the newest version of each page begins.
    newest: BTreeMap<u32, u64>,
}

impl Pages {
    /// Opens a file and the write-ahead log beside it, if one is there.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut header = [0; PAGE_BYTES_AT + 2];
        let page_bytes = match file.read_exact(&mut header) {
            Ok(()) => page_bytes(&header[PAGE_BYTES_AT..]),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => PAGE_BYTES_USUAL,
            Err(error) => return Err(error),
        };
        let wal = Wal::open(path, page_bytes)?;
        let whole = file.metadata()?.len().div_ceil(to_u64(page_bytes));
        let logged = wal.as_ref().and_then(|wal| wal.newest.keys().last());
        let pages = u32::try_from(whole).unwrap_or(u32::MAX);
        Ok(Self {
            file,
            page_bytes,
            pages: logged.map_or(pages, |logged| pages.max(*logged)),
            wal,
        })
    }

    /// How many bytes a page has.
    pub(super) fn page_bytes(&self) -> usize {
        self.page_bytes
    }

    /// How many pages there are; the first is 1.
    pub(super) fn count(&self) -> u32 {
        self.pages
    }

    /// A page; none where there is no such page, or the disk does not give it.
    pub(super) fn read(&mut self, number: u32) -> Option<Vec<u8>> {
        let index = u64::from(number.checked_sub(1)?);
        let logged = self.wal.as_mut().and_then(|wal| {
            let at = *wal.newest.get(&number)?;
            Some((&mut wal.file, at))
        });
        let (file, at) = match logged {
            Some(logged) => logged,
            None => (&mut self.file, index * to_u64(self.page_bytes)),
        };
        let mut page = vec![0; self.page_bytes];
        file.seek(SeekFrom::Start(at)).ok()?;
        file.read_exact(&mut page).ok()?;
        Some(page)
    }
}

impl Wal {
    /// None where there is no write-ahead log, or its header can't be read.
    fn open(database: &Path, page_bytes: usize) -> io::Result<Option<Self>> {
        let mut path = database.as_os_str().to_owned();
        path.push("-wal");
        let mut file = match File::open(PathBuf::from(path)) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut header = [0; WAL_HEADER_BYTES];
        let begins = match file.read_exact(&mut header) {
            Ok(()) => {
                number(&header, 0) & !1 == WAL_MAGIC
                    && usize::try_from(number(&header, WAL_PAGE_BYTES_AT)) == Ok(page_bytes)
            }
            Err(_) => false,
        };
        if !begins {
            return Ok(None);
        }
        let newest = committed(&mut file, &header[WAL_SALTS], page_bytes);
        Ok(Some(Self { file, newest }))
    }
}

/// Where the pages are that were committed to a write-ahead log since it was begun anew. Its checksums are not looked at:
/// whatever is found proves itself.
fn committed(file: &mut File, salts: &[u8], page_bytes: usize) -> BTreeMap<u32, u64> {
    let mut newest = BTreeMap::new();
    let mut open = BTreeMap::new();
    let frame_bytes = to_u64(FRAME_HEADER_BYTES + page_bytes);
    let mut at = to_u64(WAL_HEADER_BYTES);
    let mut header = [0; FRAME_HEADER_BYTES];
    while file.seek(SeekFrom::Start(at)).is_ok() && file.read_exact(&mut header).is_ok() {
        if header[FRAME_SALTS] != *salts {
            break;
        }
        open.insert(number(&header, 0), at + to_u64(FRAME_HEADER_BYTES));
        if number(&header, FRAME_COMMIT_AT) != 0 {
            newest.append(&mut open);
        }
        at += frame_bytes;
    }
    newest
}

fn page_bytes(field: &[u8]) -> usize {
    let bytes = match usize::from(u16::from_be_bytes([field[0], field[1]])) {
        1 => 65_536,
        bytes => bytes,
    };
    if bytes.is_power_of_two() && bytes >= PAGE_BYTES_MIN {
        bytes
    } else {
        PAGE_BYTES_USUAL
    }
}

/// Four bytes of a header, big-endian; the header has them.
fn number(header: &[u8], at: usize) -> u32 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&header[at..at + 4]);
    u32::from_be_bytes(bytes)
}

fn to_u64(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
