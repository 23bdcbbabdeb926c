#pragma once

#include <string_view>

#include "system/media/picture.hpp"

namespace watchrig::scene {

/// The cell of one letter on a picture of that height: all letters are as wide, as in the character
/// generators of cameras, so that leading blanks align lines.
struct LetterCell {
  int width = 0, height = 0;
};
LetterCell letter_cell(int picture_height);

/// Writes white letters with a dark edge; `left` and `top` are where the first cell begins. What reaches over
/// the edge of the picture is cut off. Letters beyond ASCII are question marks.
void write_letters(media::Picture& picture, std::string_view text, int left, int top);

}  // namespace watchrig::scene
