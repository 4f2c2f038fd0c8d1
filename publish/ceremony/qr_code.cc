#include <qrencode.h>

#include <memory>

#include "publish/ceremony/ceremony.h"

namespace airlock::ceremony {
namespace {

constexpr int kQuiet = 4;  // light modules around it (ISO/IEC 18004)
constexpr int kAnyVersion = 0;
constexpr std::size_t kTextSizeMax = 512;

struct Freed {
  void operator()(QRcode* code) const { QRcode_free(code); }
};

// Outside of the code all is light.
bool is_dark(const QRcode& code, int row, int column) {
  if (row < 0 || column < 0 || row >= code.width || column >= code.width) return false;
  return (code.data[row * code.width + column] & 1) != 0;
}

// A light module is drawn and a dark one left to the background, since terminals are dark; one that
// is light shows the code inverted, which cameras read too.
std::string_view drawn(bool upper_dark, bool lower_dark) {
  if (upper_dark) return lower_dark ? " " : "▄";
  return lower_dark ? "▀" : "█";
}

}  // namespace

Result<std::string> qr_code(std::string_view text) {
  if (text.size() > kTextSizeMax) return fail(Code::oversized, text.size());
  const std::unique_ptr<QRcode, Freed> code(
      QRcode_encodeString8bit(std::string(text).c_str(), kAnyVersion, QR_ECLEVEL_M));
  if (code == nullptr) return fail(Code::bad_text);
  std::string lines;
  for (int row = -kQuiet; row < code->width + kQuiet; row += 2) {
    for (int column = -kQuiet; column < code->width + kQuiet; ++column) {
      lines += drawn(is_dark(*code, row, column), is_dark(*code, row + 1, column));
    }
    lines += '\n';
  }
  return lines;
}

}  // namespace airlock::ceremony
