// A TLS authority for tests. Its secret key was thrown away, so that it signs nothing.
#pragma once

#include <string_view>

namespace airlock::fakes {

inline constexpr std::string_view kAuthorityPem =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBnzCCAUWgAwIBAgIUHsButc7cKMK23zEu2Bivq+fGOXgwCgYIKoZIzj0EAwIw\n"
    "JDEiMCAGA1UEAwwZdGhyb3ctYXdheSB0ZXN0IGF1dGhvcml0eTAgFw0yNjExMjUx\n"
    "NzM3MzlaGA8yMTI2MTEwMTE3MzczOVowJDEiMCAGA1UEAwwZdGhyb3ctYXdheSB0\n"
    "ZXN0IGF1dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHfcTpEP6I2h\n"
    "12rW0sqn2g9kJ45OgQehHQ/eq02JZBvZ3riPaRSUH8UYlX3WKoq9wzD94i57u4u7\n"
    "ZHlab6OkYACjUzBRMB0GA1UdDgQWBBQLS+9aM8RTDGemqp6PuCobjuE4BjAfBgNV\n"
    "HSMEGDAWgBQLS+9aM8RTDGemqp6PuCobjuE4BjAPBgNVHRMBAf8EBTADAQH/MAoG\n"
    "CCqGSM49BAMCA0gAMEUCIQCZ9N+2tt2VQSQ3LQIFsyZAhtc488MkhFdS2jkRSssh\n"
    "OwIge+tnmaToZw6bZlBxl9gmqEL8kos/rpSJzxj4H+SUB0g=\n"
    "-----END CERTIFICATE-----\n";

}  // namespace airlock::fakes
