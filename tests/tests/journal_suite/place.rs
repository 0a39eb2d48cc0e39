use posa_core::journal::{Journal, MemoryJournal, PostgresJournal, SqliteJournal};
use posa_tests::postgres::{self, Database};
use std::sync::Arc;
use tempfile::TempDir;

/// Where a journal lies.
pub(crate) enum Place {
    Memory(Arc<MemoryJournal>),
    Sqlite(TempDir),
    Postgres(Database),
}

impl Place {
    pub(crate) fn memory() -> Option<Self> {
        Some(Self::Memory(Arc::default()))
    }

    pub(crate) fn sqlite() -> Option<Self> {
        Some(Self::Sqlite(tempfile::tempdir().unwrap()))
    }

    pub(crate) fn postgres() -> Option<Self> {
        postgres::database().map(Self::Postgres)
    }

    /// Opens it: once more, as another till would.
    pub(crate) async fn open(&self) -> Arc<dyn Journal> {
        match self {
            Self::Memory(journal) => Arc::clone(journal) as Arc<dyn Journal>,
            Self::Sqlite(folder) => Arc::new(SqliteJournal::open(folder.path().join("posa.db")).unwrap()),
            Self::Postgres(database) => Arc::new(PostgresJournal::connect(&database.url()).await.unwrap()),
        }
    }

    /// One SQL statement past the journal: the first column of its answer, row by row, or the words against it.
    pub(crate) fn sql(&self, statement: &str) -> Result<Vec<String>, String> {
        match self {
            Self::Memory(_) => panic!("memory speaks no SQL"),
            Self::Sqlite(folder) => {
                let database = rusqlite::Connection::open(folder.path().join("posa.db")).unwrap();
                let rows = database.prepare(statement).and_then(|mut prepared| {
                    prepared.query_map([], |row| row.get(0))?.collect::<Result<Vec<String>, _>>()
                });
                rows.map_err(|e| e.to_string())
            }
            Self::Postgres(database) => {
                let statement = statement.replace(" sale", " posa.sale").replace(" history", " posa.history");
                database.sql(&statement).map(|text| text.lines().map(str::to_owned).collect())
            }
        }
    }
}

/// Makes a test of each promise for each journal.
macro_rules! promises {
    ($($promise:ident),* $(,)?) => {
        $crate::place::promises!(@on memory $($promise)*);
        $crate::place::durable_promises!($($promise),*);
    };
    (@on $place:ident $($promise:ident)*) => {
        mod $place {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $promise() {
                    if let Some(place) = $crate::place::Place::$place() {
                        super::$promise(place).await;
                    }
                }
            )*
        }
    };
}
pub(crate) use promises;

/// As [`promises`], for the journals that outlive their process.
macro_rules! durable_promises {
    ($($promise:ident),* $(,)?) => {
        $crate::place::promises!(@on sqlite $($promise)*);
        $crate::place::promises!(@on postgres $($promise)*);
    };
}
pub(crate) use durable_promises;
