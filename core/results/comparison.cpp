// SPDX-License-Identifier: Apache-2.0
#include "results/comparison.h"

#include "results/contrast.h"

namespace monodr {

void add_comparisons(const Database& database,
                     const VariantComparison& compare_frames,
                     Table& table) {
  std::vector<Comparison*> made;
  for (TableRow& row : table.rows) {
    if (!row.baseline) continue;
    const TableRow& baseline = table.rows[*row.baseline];
    for (size_t c = 0; c < table.columns.size(); ++c) {
      TableEntry& entry = row.entries[c];
      if (entry.shown.empty() || baseline.entries[c].shown.empty()) continue;
      std::optional<PairedDifference> by_frames;
      if (compare_frames)
        by_frames = compare_frames(row.variant, baseline.variant, table.columns[c]);
      entry.comparison =
          by_frames ? Comparison{*by_frames, 1, 1, "frames"}
                    : row_contrast(database, {&row, &baseline}, {1, -1}, c, table.columns[c]);
      made.push_back(&*entry.comparison);
    }
  }
  correct_by_holm(made);
}

}  // namespace monodr
