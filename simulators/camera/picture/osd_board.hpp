#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "system/base/clock.hpp"
#include "system/base/result.hpp"
#include "system/media/picture.hpp"

namespace watchrig::camera {

/// A line of text that the camera writes into its pictures (tt:OSDConfiguration).
struct OsdLine {
  std::string token;
  std::string kind = "Plain";  ///< one of OsdBoard::kinds
  std::string text = {};       ///< of a plain one
  std::string date_format, time_format;
  std::string place = "Custom";  ///< one of OsdBoard::places
  double x = 0, y = 0;           ///< of its left upper corner: -1 to 1, to the right and upwards
};

/// What a camera writes into its pictures: at first its name and the time. The coordinates are those of the
/// picture below the strip of the stamp. Any thread.
class OsdBoard {
 public:
  static constexpr std::string_view kinds[] = {"Plain", "Date", "Time", "DateAndTime"};
  static constexpr std::string_view places[] = {"UpperLeft", "UpperRight", "LowerLeft", "LowerRight",
                                                "Custom"};
  static constexpr std::string_view date_formats[] = {"yyyy-MM-dd", "dd/MM/yyyy", "MM/dd/yyyy"};
  static constexpr std::string_view time_formats[] = {"HH:mm:ss", "hh:mm:ss tt"};
  static constexpr std::size_t most = 10, most_plain = 8, most_times = 2, longest = 48;

  explicit OsdBoard(const std::string& name);

  std::vector<OsdLine> lines() const;
  /// Its token. Errors: full, invalid.
  base::Result<std::string> create(OsdLine line);
  /// Errors: not_found, full, invalid.
  base::Result<> change(const OsdLine& line);
  base::Result<> remove(std::string_view token);
  /// The lines of the beginning are there again, and no others.
  void forget();
  /// How far the camera's clock is ahead of the rig's.
  void set_clock_ahead(base::Duration ahead) { ahead_ = ahead.count(); }

  void draw(media::Picture& picture, base::UtcTime captured) const;

 private:
  base::Result<> check(const OsdLine& line) const;

  std::atomic<std::int64_t> ahead_{0};
  mutable std::mutex mutex_;
  std::map<std::string, OsdLine, std::less<>> lines_, first_;
  unsigned named_ = 0;
};

}  // namespace watchrig::camera
