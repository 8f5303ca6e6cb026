// SPDX-License-Identifier: Apache-2.0
// docs/database.md against the schema: it names everything, and its examples run.
#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/text.h"
#include "sample.h"

namespace monodr {
namespace {

std::string page() {
  return read_file(std::string(std::getenv("MONODR_SOURCE_DIR")) + "/docs/database.md");
}

/// The first fenced block of that language.
std::string block(const std::string& language) {
  const std::string text = page(), fence = "```" + language + "\n";
  const size_t begin = text.find(fence) + fence.size();
  return text.substr(begin, text.find("```", begin) - begin);
}

void fill(const std::string& file) {
  Database database(file);
  for (int seed = 0; seed < 3; ++seed) {
    const CellRecord record = sample_record("mask only", seed);
    database.import_result(record, sample_result(record, 1 + seed));
  }
}

TEST(Documentation, NamesEveryTableViewAndColumn) {
  const Folder folder;
  const Database database(folder.file());
  const std::string text = page();
  SQLite::Statement columns(
      database.connection(),
      "SELECT t.name, c.name FROM sqlite_schema AS t, pragma_table_info(t.name) "
      "AS c WHERE t.type IN ('table', 'view')");
  while (columns.executeStep()) {
    const std::string table = columns.getColumn(0), column = columns.getColumn(1);
    const bool is_view = table.rfind("v_", 0) == 0;
    EXPECT_NE(text.find(is_view ? "| `" + table + "` |" : table), std::string::npos) << table;
    EXPECT_TRUE(text.find("`" + column + "`") != std::string::npos ||
                text.find("`" + table + "." + column + "`") != std::string::npos)
        << table << "." << column;
  }
}

TEST(Documentation, SqlExamplesRun) {
  const Folder folder;
  fill(folder.file());
  Database database(folder.file());
  EXPECT_NO_THROW(database.connection().exec(block("sql")));
}

TEST(Documentation, PandasExampleRuns) {
  if (std::system("/usr/bin/python3 -c 'import pandas' 2> /dev/null") != 0)
    GTEST_SKIP() << "python3-pandas is not installed";
  const Folder folder;
  fill(folder.file("results/results.sqlite"));
  std::ofstream(folder.file("example.py")) << block("python");
  const std::string command =
      fmt::format("cd '{0}' && /usr/bin/python3 example.py > output", folder.path());
  ASSERT_EQ(std::system(command.c_str()), 0);
  const std::string output = read_file(folder.file("output"));
  EXPECT_NE(output.find("mask only      3   2.0  1.0"), std::string::npos) << output;
}

}  // namespace
}  // namespace monodr
