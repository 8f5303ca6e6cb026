// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.h"

#include <openssl/sha.h>

#include "base/error.h"
#include "base/text.h"

namespace monodr {

std::string sha256(std::string_view bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  std::string text;
  text.reserve(2 * sizeof(digest));
  for (const unsigned char byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

std::string sha256_of_file(const std::string& path) {
  return sha256(read_file(path));
}

}  // namespace monodr
