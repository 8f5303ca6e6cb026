// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "results/database.h"

namespace monodr {

/// What a report tells of an experiment beside its table, from its current cells.

std::string question_of(const Database& database, const std::string& experiment);

/// The columns that the experiment names for print, [report] metrics; none where it names none.
std::vector<std::string> report_metrics_of(const Database& database, const std::string& experiment);

/// A fact, and how many cells share it.
struct CountedFact {
  std::string key, value;
  int cells = 0;
};

/// All keys of the configurations; the values of a key by how many cells share them, "(none)" for cells that
/// have no such key: a loss that only some arms use differs between them.
std::vector<CountedFact> settings_of(const Database& database, const std::string& experiment);

/// How the cells were run: provenance (but for what was skipped), plugins with file hashes, times.
std::vector<CountedFact> provenance_of(const Database& database, const std::string& experiment);

/// Objects and frames that were skipped or failed, with the reason.
std::vector<CountedFact> left_out(const Database& database, const std::string& experiment);

/// What cells that are done say of themselves, as that few masks or labels were met: key = the row.
std::vector<CountedFact> remarks_of(const Database& database, const std::string& experiment);

/// What people say of the cells: key = row and seed, value = tags in brackets and the note.
std::vector<CountedFact> said_of_cells(const Database& database, const std::string& experiment);

/// Lines under a table: remarks of cells, the first few, how many cells failed and so are not in it, and the notes that
/// people wrote on its cells; none where all is well and nothing was noted.
std::vector<std::string> notes_under_table(const Database& database, const std::string& experiment);

/// Why no detection was matched to a label of the cell (`row`: cell.id); "" where nothing is known.
std::string reason_of_miss(const Database& database,
                           std::int64_t row,
                           const std::string& frame,
                           int label);

/// Labels that a row of the table missed, by reason: key = the row, `cells` = how many labels.
std::vector<CountedFact> missed_labels(const Database& database, const std::string& experiment);

}  // namespace monodr
