/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tls_error.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#define NOT_TRUSTED "its certificate is not trusted: "
#define ISSUER      "a certificate that its own is signed by "

static const struct {
    int error;
    const char *of_server;
    const char *of_issuer; /* NULL: the same */
} causes[] = {
    { X509_V_ERR_CERT_HAS_EXPIRED, "its certificate has expired",
      ISSUER "has expired" },
    { X509_V_ERR_CERT_NOT_YET_VALID,
      "its certificate is not valid yet (compare the clocks)",
      ISSUER "is not valid yet (compare the clocks)" },
    { X509_V_ERR_INVALID_PURPOSE,
      NOT_TRUSTED "it is not for a TLS server (extendedKeyUsage without"
                  " serverAuth)",
      NOT_TRUSTED ISSUER "is not for TLS servers (extendedKeyUsage)" },
    { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
      NOT_TRUSTED "its issuer is not known: the server sends no intermediate"
                  " certificate, or its authority is another (see ca=)",
      NOT_TRUSTED "its authority is not among those that are trusted (see"
                  " ca=)" },
    { X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
      NOT_TRUSTED "its issuer is not known: the server sends no intermediate"
                  " certificate, or its authority is another (see ca=)",
      NULL },
    { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
      NOT_TRUSTED "the authority above the intermediate certificate is missing"
                  " (see ca=)",
      NULL },
    { X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
      NOT_TRUSTED "it is signed by itself, and not named by ca=", NULL },
    { X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
      NOT_TRUSTED "its authority is not among those that are trusted (see"
                  " ca=)",
      NULL },
    { X509_V_ERR_INVALID_CA,
      NOT_TRUSTED "its issuer is not an authority (basicConstraints)", NULL },
    { X509_V_ERR_CERT_SIGNATURE_FAILURE,
      NOT_TRUSTED "its signature is not of the authority of that name (see"
                  " ca=)",
      NULL },
    { X509_V_ERR_CERT_REVOKED, NOT_TRUSTED "it was revoked",
      NOT_TRUSTED ISSUER "was revoked" },
    { X509_V_ERR_EE_KEY_TOO_SMALL,
      NOT_TRUSTED "its key is too small for OpenSSL's security level", NULL },
    { X509_V_ERR_CA_KEY_TOO_SMALL,
      NOT_TRUSTED "its authority's key is too small for OpenSSL's security"
                  " level",
      NULL },
    { X509_V_ERR_CA_MD_TOO_WEAK,
      NOT_TRUSTED "it is signed by too weak a digest for OpenSSL's security"
                  " level",
      NULL },
};

const char *shs_tls_error_describe_chain(const shs_tls_error_t *tls_error)
{
    unsigned i;

    if (tls_error->error == X509_V_ERR_HOSTNAME_MISMATCH
        || tls_error->error == X509_V_ERR_IP_ADDRESS_MISMATCH) {
        return tls_error->lacks_names
                   ? "its certificate is for no name: it has no subjectAltName,"
                     " and a common name does not count (RFC 9525)"
                   : "its certificate is for another name (see servername=)";
    }
    for (i = 0; i < sizeof(causes) / sizeof(causes[0]); ++i) {
        if (causes[i].error == tls_error->error) {
            return tls_error->depth > 0 && causes[i].of_issuer
                       ? causes[i].of_issuer
                       : causes[i].of_server;
        }
    }
    return X509_verify_cert_error_string(tls_error->error);
}

const char *shs_tls_error_describe_server(unsigned long error)
{
    if (ERR_GET_LIB(error) != ERR_LIB_SSL) {
        return NULL;
    }
    switch (ERR_GET_REASON(error)) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
        return "the TLS handshake failed: it speaks no TLS (in the URL write"
               " redis instead of rediss)";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        return "the TLS handshake failed: it speaks no TLS 1.2 or later";
#ifdef SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return "it wants our certificate for TLS (see cert= and key=)";
#endif
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
        return "it does not take our certificate for TLS (see cert=)";
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
        return "it refuses the TLS handshake: it wants our certificate (see"
               " cert=), or there is no cipher that both know";
    case SSL_R_TLSV1_UNRECOGNIZED_NAME:
        return "it refuses the TLS handshake: it has no server of that name"
               " (see servername=)";
    default:
        return NULL;
    }
}
