use super::{BAD, FAINT, GOOD};
use anstyle::{AnsiColor, Style};
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};

const ODD: Style = AnsiColor::Yellow.on_default();

/// What stands at the head of a row.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Good,
    Odd,
    Bad,
    Skipped,
}

impl Mark {
    const ALL: [Self; 4] = [Self::Good, Self::Odd, Self::Bad, Self::Skipped];

    fn plain(self) -> &'static str {
        match self {
            Self::Good => " ✔",
            Self::Odd => " !",
            Self::Bad => " ✘",
            Self::Skipped => " ○",
        }
    }

    pub(crate) fn coloured(self) -> String {
        let style = match self {
            Self::Good => GOOD,
            Self::Odd => ODD,
            Self::Bad => BAD,
            Self::Skipped => FAINT,
        };
        format!("{style}{}{style:#}", self.plain().trim_start())
    }
}

/// Rows under one another, without lines between them; texts are wrapped to the widths of their columns. With the mark,
/// which takes three characters, a terminal of 80 has room for 77. The last column's texts end at its right edge if
/// `right`.
pub(crate) fn grid<const N: usize>(widths: [u16; N], right: bool, rows: Vec<(Mark, [String; N])>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(3 + widths.iter().sum::<u16>());
    for (mark, cells) in rows {
        table.add_row(std::iter::once(mark.plain().to_owned()).chain(cells));
    }
    for (column, width) in table.column_iter_mut().zip([3].into_iter().chain(widths)) {
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width))).set_padding((0, 1));
    }
    if right && let Some(column) = table.column_mut(N) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    // Coloured afterwards: the table counts an escape sequence as text.
    let text = table.trim_fmt();
    let lines = text.lines().map(|line| {
        let marked = Mark::ALL.into_iter().find_map(|mark| Some((mark, line.strip_prefix(mark.plain())?)));
        marked.map_or_else(|| line.to_owned(), |(mark, rest)| format!(" {}{rest}", mark.coloured()))
    });
    lines.collect::<Vec<_>>().join("\n")
}
