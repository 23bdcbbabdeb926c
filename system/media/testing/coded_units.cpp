#include "system/media/testing/coded_units.hpp"

#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "system/media/av_encoder.hpp"

namespace watchrig::media {

Picture moving_picture(int width, int height, int frame) {
  Picture picture(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      picture.luma()[y * width + x] = static_cast<std::uint8_t>(40 + (x + y + frame * 2) % 160);
  std::fill_n(picture.cb(), picture.chroma_size() * 2, std::uint8_t{128});
  const int left = frame * 3 % (width - 16);
  for (int y = 20; y < 36 && y < height; ++y)
    for (int x = left; x < left + 16; ++x) picture.luma()[y * width + x] = 235;
  return picture;
}

CodedStream coded_video(Codec codec, int count, base::UtcTime start) {
  const FrameRate rate{25, 1};
  auto encoder = VideoEncoder::open({codec, 192, 144, rate, 400'000, 25}).value();
  CodedStream stream;
  stream.track = encoder.track();
  for (int i = 0; i < count; ++i) {
    auto coded = encoder.encode(moving_picture(192, 144, i)).value();
    AccessUnit unit;
    unit.codec = codec;
    unit.key = coded.key;
    unit.time = unit.received = start + rate.time_of(std::uint64_t(i));
    unit.payload = std::move(coded.payload);
    stream.units.push_back(std::move(unit));
  }
  return stream;
}

CodedStream coded_g711(Codec codec, int count, base::UtcTime start) {
  auto encoder = AudioEncoder::open({codec, 8000, 1}).value();
  CodedStream stream;
  stream.track = encoder.track();
  std::vector<std::int16_t> samples(160);
  for (int i = 0; i < count; ++i) {
    for (int s = 0; s < 160; ++s)
      samples[std::size_t(s)] = static_cast<std::int16_t>(8000 * std::sin((i * 160 + s) * 0.345));
    AccessUnit unit;
    unit.track = 1;
    unit.codec = codec;
    unit.key = true;
    unit.time = unit.received = start + std::chrono::milliseconds(20 * i);
    unit.payload = encoder.encode(samples).value();
    stream.units.push_back(std::move(unit));
  }
  return stream;
}

std::string output_of(const std::string& command) {
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string output;
  char part[4096];
  while (const std::size_t size = std::fread(part, 1, sizeof part, pipe)) output.append(part, size);
  ::pclose(pipe);
  return output;
}

}  // namespace watchrig::media
