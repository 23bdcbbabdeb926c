#include "system/platform/sqlite_transaction.hpp"

namespace watchrig::platform {

base::Result<> in_transaction(SqliteDatabase& database, const std::function<base::Result<>()>& work) {
  auto done = database.execute("BEGIN IMMEDIATE");
  if (!done) return done;
  done = work();
  if (done) done = database.execute("COMMIT");
  if (!done) (void)database.execute("ROLLBACK");
  return done;
}

}  // namespace watchrig::platform
