// The server's memory comes from mimalloc: linking it replaces malloc, and this header replaces
// operator new.
#ifdef AIRLOCK_MIMALLOC
#include <mimalloc-new-delete.h>
#endif
