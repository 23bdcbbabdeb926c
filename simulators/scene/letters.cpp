#include "simulators/scene/letters.hpp"

#include <algorithm>
#include <string>

#include <opencv2/imgproc.hpp>

#include "system/base/text.hpp"

namespace watchrig::scene {

namespace {

/// One for each letter, however many bytes it has.
std::string in_ascii(std::string_view text) {
  std::string letters;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) == 0x80) continue;
    letters += byte >= 0x20 && byte < 0x7f ? c : '?';
  }
  return letters;
}

}  // namespace

LetterCell letter_cell(int picture_height) {
  const int height = std::max(10, picture_height / 20);
  return {height * 3 / 4, height};
}

void write_letters(media::Picture& picture, std::string_view text, int left, int top) {
  const auto cell = letter_cell(picture.height);
  const double scale = cell.height * 0.7 / 21;
  const int thickness = std::max(1, cell.height / 14), base = top + cell.height * 4 / 5;
  cv::Mat luma(picture.height, picture.width, CV_8UC1, picture.luma());
  for (const auto& [edge, grey] : {std::pair{2, 16}, {0, 235}}) {
    int x = left;
    for (const char letter : in_ascii(text)) {
      const std::string one(1, letter);
      int below = 0;
      const int wide = cv::getTextSize(one, cv::FONT_HERSHEY_SIMPLEX, scale, thickness, &below).width;
      const cv::Point at(x + (cell.width - wide) / 2, base);
      if (letter != ' ')
        cv::putText(luma, one, at, cv::FONT_HERSHEY_SIMPLEX, scale, cv::Scalar(grey), thickness + edge);
      x += cell.width;
    }
  }
}

}  // namespace watchrig::scene
