package AfterRelease;

# A plugin that counts how often the phase AfterRelease runs.

use Moose;
with 'Dist::Zilla::Role::AfterRelease';

our $CALLS = 0;

sub after_release { $CALLS++; return }

1;
