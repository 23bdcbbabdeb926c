#include "simulators/kernel/xml_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace watchrig::kernel {
namespace {

using testing::HasSubstr;

TEST(XmlFile, SyntaxErrorNamesFileAndLine) {
  const auto file = XmlFile::parse("<rig>\n  <camera id=\"a\"/>\n  <camera id=>\n</rig>", "gate.xml");
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message, HasSubstr("gate.xml:3: "));
}

TEST(XmlFile, EmptyAndBinaryTextsAreErrors) {
  EXPECT_FALSE(XmlFile::parse("", "empty.xml"));
  EXPECT_FALSE(XmlFile::parse(std::string("\0\x01\xff", 3), "binary.xml"));
}

TEST(XmlFile, MissingFileAndFolderAreNamed) {
  EXPECT_EQ(XmlFile::load("/nonexistent/rig.xml").error().kind, base::ErrorKind::not_found);
  EXPECT_THAT(XmlFile::load("/tmp").error().message, HasSubstr("is a folder"));
}

TEST(XmlAttributes, UnknownAttributeIsRefusedWithItsLine) {
  const auto file = XmlFile::parse("<rig>\n\n<camera id=\"a\" colour=\"red\"/></rig>", "rig.xml");
  XmlAttributes attributes(*file, file->root().first_child());
  EXPECT_EQ(*attributes.required("id"), "a");
  EXPECT_THAT(attributes.finish().error().message,
              HasSubstr("rig.xml:3: <camera>: unknown attribute colour"));
}

TEST(XmlAttributes, IntegersHaveLimits) {
  const auto file = XmlFile::parse(R"(<c a="12" b="-1" c="70000" d="0x10" e=""/>)", "rig.xml");
  XmlAttributes attributes(*file, file->root());
  EXPECT_EQ(*attributes.integer("a", 1, 0, 65535), 12U);
  EXPECT_EQ(*attributes.integer("absent", 7, 0, 65535), 7U);
  for (const char* bad : {"b", "c", "d", "e"}) EXPECT_FALSE(attributes.integer(bad, 1, 0, 65535)) << bad;
}

TEST(XmlAttributes, EmptyRequiredAttributeIsMissing) {
  const auto file = XmlFile::parse(R"(<c id=" "/>)", "rig.xml");
  EXPECT_THAT(XmlAttributes(*file, file->root()).required("id").error().message,
              HasSubstr("id is missing or empty"));
}

}  // namespace
}  // namespace watchrig::kernel
