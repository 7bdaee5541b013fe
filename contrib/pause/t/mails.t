use 5.020;
use strict;
use warnings;

use FindBin ();
use Test::More;

use lib "$FindBin::Bin/lib";
use World ();

subtest 'explains to the author why a file waits' => sub {
    my $world = World->new;
    $world->{behave} = World::honest(%World::LATER);
    is $world->decide($World::ARCHIVE)->mail_waiting, "Wait.\n", 'in the words of the gate';
    $world->{behave} = $World::FAILURES{hangs};
    $world->record('signed');
    my $mail = $world->decide($World::ARCHIVE)->mail_waiting;
    like $mail, qr/had no answer/, 'or that there is none';
    unlike $mail, qr/[^\n]{81}/, 'in short lines';
    # PAUSE writes this also when it gives the file up.
    unlike $mail, qr/need not/, 'and promises nothing';
};

subtest 'blames the gate for nothing that it accepted' => sub {
    my $world = World->new;
    for my $behave (World::honest(%World::OPEN), $World::FAILURES{hangs}) {
        $world->{behave} = $behave;
        is $world->decide($World::ARCHIVE)->mail_waiting, q(), 'such as an archive that is no gzip';
    }
    is $world->decide('T/TI/TIM/README')->mail_waiting, q(), 'or a file that it did not judge';
};

subtest 'explains that PAUSE changed a signed archive' => sub {
    my $world = World->new;
    $world->put($World::BUNDLE, 'bundle');
    $world->{behave} = World::honest();
    my $result = $world->decide($World::ARCHIVE);
    ok !$result->holds(path => 'T/TI/TIM/Perl6/Foo-1.0.tar.gz', file => "$world->{folder}/upload");
    like $result->mail_waiting, qr/would have changed/, 'in the mail';
    ok $result->holds(path => $World::ARCHIVE, file => "$world->{folder}/upload");
    is $result->mail_waiting, q(), 'and not after another try';
};

subtest 'states the signer of a published file' => sub {
    my $world = World->new;
    $world->put($World::BUNDLE, 'bundle');
    $world->{behave} = World::honest();
    is $world->decide($World::ARCHIVE)->mail_published, "Signed by: tim\@example.org\n";
    $world->{behave} = $World::FAILURES{hangs};
    is $world->decide('O/OT/OTHER/Foo-1.0.tar.gz')->mail_published, q(), 'or nothing';
};

done_testing;
