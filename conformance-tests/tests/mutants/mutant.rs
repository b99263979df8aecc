//! Which faults there are.

macro_rules! mutants {
    ($( $area:literal { $( $name:ident $text:literal, )* } )*) => {
        /// One small deliberate fault.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) enum Mutant { $( $( $name, )* )* }

        impl Mutant {
            /// Every fault.
            pub(crate) const ALL: &[Self] = &[$( $( Self::$name, )* )*];

            /// What it is about, and what is wrong.
            pub(crate) fn describe(self) -> (&'static str, &'static str) {
                match self { $( $( Self::$name => ($area, $text), )* )* }
            }
        }
    };
}

mutants! {
    "creating" {
        CreateReplacesAThread "creating an id that exists replaces the thread",
        CreateForgetsItsRequest "the request id of a creation is forgotten",
        CreateLosesAnItem "the last item of a creation is lost",
        CreateLosesTheParent "the parent is forgotten",
        CreateLosesTheSource "the source is forgotten",
        CreateLosesTheSession "the session id is forgotten",
        CreateIgnoresTimesGiven "the times given with a creation are replaced by its own",
        CreateCutsTimes "times of creation are cut to whole seconds",
        CreateGivesNoSecondLease "a repeated creation grants no lease",
        CreateInTwoSteps "a thread is there before its items",
    }
    "appending" {
        LosesAnItem "the last item of a batch is lost",
        SwapsItems "the first two items of a batch change places",
        ChangesALetter "the last letter of an item changes its case",
        LosesWhiteSpace "white space between tokens is lost",
        SortsMembers "items are written anew from a value tree",
        LimitsDepth "deeply nested items are refused",
        LimitsSize "items above one mebibyte are refused",
        IgnoresExpectedOrdinal "the expected ordinal is ignored",
        WritesRepeatsAgain "a repeated append is written again",
        RefusesRepeats "a repeated append is a conflict",
        RefusesPartRepeats "a repeated append that stands in part is a conflict",
        TakesAnyRepeat "whatever stands at the expected ordinal, it is taken for a repeat",
        ReceiptIsOffByOne "the receipt counts one item too many",
        EmptyBatchNeedsNoLease "an empty batch succeeds with any lease",
        AppendMovesUpdatedAt "appending changes the time of update",
        AppendDerivesAPreview "appending derives a preview",
        AppendsItemByItem "the items of a batch become visible one by one",
        OrdinalBeforeFenced "the ordinal is checked before the lease",
        SizeBeforeFenced "the size is checked before the lease",
    }
    "reading" {
        RenumbersPages "ordinals of a page are counted from 0",
        NextOrdinalOfThePage "the next ordinal is that after the page",
        LimitFromTheWrongEnd "a limit of a descending page is taken from the start",
        ComesAscending "items come in ascending order always",
        LosesTheRest "a page does not say what is left",
        RangeTakesItsEnd "the end of a range is part of it",
        ZeroLimitIsEmpty "a limit of 0 gives an empty page",
        BackwardRangeIsEmpty "a range that ends before it starts gives an empty page",
        UnknownHistoryIsEmpty "the history of an unknown thread is empty",
        RemembersReads "a handle remembers records it has read",
        DamageHidesTheRest "items after a damaged record are not read",
        DamageIsNotReported "a damaged record is left out without a word",
        StrictIsIgnored "a strict read of damage succeeds",
        ReadMovesRecency "reading a thread changes its recency",
    }
    "leases" {
        StaleLeasesAppend "a lease that was superseded still appends",
        EpochsComeTwice "epochs begin anew after a deletion",
        ReleasesNothing "a released lease still works",
        DiscardOfFencedFails "discarding a fenced lease fails",
        DiscardReleasesTheNewer "discarding a fenced lease releases the newer one",
        ShutdownOfFencedSucceeds "shutting down a fenced lease succeeds",
        SecondReleaseFails "releasing twice fails",
        FlushNeedsNoLease "flushing succeeds with any lease",
        RefusalIsIgnored "a resume that is to refuse takes over",
        TakeOverIsRefused "a resume that is to take over refuses",
        HeldNamesNobody "the conflict (held) names no holder",
        FencedNamesNobody "the conflict (fenced) names no holder",
        FencedForgetsTheEnd "the conflict (fenced) does not say where the history ends",
        ArchivingFencesNobody "a lease works on after archiving",
        ResumeMovesUpdatedAt "resuming changes the time of update",
        ResumeUnarchives "resuming an archived thread unarchives it",
        LeaseStartsAtZero "a lease does not say where the history ended",
    }
    "metadata" {
        ClearsAreIgnored "clearing a field keeps it",
        LabelsAreReplaced "an edit of labels replaces all of them",
        UnknownMembersAreDropped "members that are not known are not stored",
        UnknownMembersAreLost "an edit loses members that are not known",
        VersionStands "the metadata version never moves",
        TouchMovesVersion "a touch moves the metadata version",
        IgnoresExpectedVersion "the expected version is ignored",
        EditForgetsItsRequest "the request id of an edit is forgotten",
        EditMovesUpdatedAt "an edit changes the time of update",
        EmptyPatchMovesVersion "the empty patch moves the version",
        LosesAField "of several fields in a patch one is lost",
        RefusedEditIsDone "an edit that is refused is done all the same",
        TitleReplacesName "a title takes the place of the name",
        EmptyTextClears "a field set to the empty text is cleared",
    }
    "lists" {
        IgnoresArchived "the filter for archived threads is ignored",
        IgnoresSources "the filter for sources is ignored",
        IgnoresProviders "the filter for providers is ignored",
        IgnoresCwds "the filter for directories is ignored",
        IgnoresRelation "the filter for parents and ancestors is ignored",
        IgnoresLabels "the filter for labels is ignored",
        IgnoresPreview "the filter for a preview is ignored",
        IgnoresSearch "the search term is ignored",
        IgnoresCreated "the filter for the time of creation is ignored",
        IgnoresUpdated "the filter for the time of update is ignored",
        NoAlternativesAreAny "an empty list of alternatives matches everything",
        HidesArchived "archived threads are hidden unless asked for",
        HidesSubAgents "threads of sub-agents are hidden unless asked for",
        RelationImpliesActive "archived children are hidden",
        AnyLabelIsEnough "one of several labels is enough",
        SearchIgnoresCase "the search ignores case",
        SearchesNamesOnly "the search looks at names alone",
        ComparesCwdsAsText "directories are compared as text",
        EmptyPreviewCounts "an empty preview counts as one",
        TimeRangeTakesItsEnd "the end of a range of time is part of it",
        ReviewsAreChildren "threads of reviewers are children",
        GrandchildrenAreChildren "grandchildren are among the children",
        DescendantsAreChildren "descendants are the children alone",
        LosesATie "a row that ties with the last of a page is lost",
        RepeatsARow "the last row of a page comes again on the next",
        TiesNeverTurn "ties are ordered by ascending id in both directions",
        SortsByCreation "lists are sorted by creation whatever the key",
        LastPageHasNext "the last page has a cursor for a next one",
        NoPageHasNext "no page has a cursor for a next one",
        FirstPageHasNoPrevious "the first page has no cursor for the one before",
        BackPagesAreReversed "pages on the way back come in the opposite direction",
        CursorsFitAnyList "a cursor works with other filters and keys",
        DamagedCursorsStart "a damaged cursor starts at the beginning",
        PagesByOffset "cursors count rows",
        ClampsSilently "a page does not say that its size was clamped",
        ZeroPageIsOne "a page size of 0 is taken for 1",
    }
    "lifecycle" {
        ReadForgetsTheFlag "reading an archived thread needs no flag",
        HistoryForgetsTheFlag "reading the history of an archived thread needs no flag",
        ResumeForgetsTheFlag "resuming an archived thread needs no flag",
        UpdateForgetsTheFlag "editing an archived thread needs no flag",
        ArchivesAgain "archiving an archived thread answers it as changed",
        ArchivingAgainMovesTime "archiving an archived thread dates it anew",
        ArchivingMovesVersion "archiving moves the metadata version",
        ArchivingMovesUpdatedAt "archiving changes the time of update",
        ArchivesOneLevel "archiving a subtree leaves grandchildren out",
        ArchivesReviews "archiving a subtree takes threads of reviewers along",
        ArchivesChildren "archiving one thread takes its children along",
        DeletesOneLevel "deleting a subtree leaves grandchildren out",
        DeletesReviews "deleting a subtree takes threads of reviewers along",
        DeletesChildren "deleting one thread takes its children along",
        DeleteLeavesHistory "the history of a deleted thread is there when its id is used again",
        DeletedIdStaysTaken "the id of a deleted thread cannot be used again",
        ForkTakesOneMore "a fork has one item too many",
        ForkTakesOneLess "a fork has one item too few",
        ForkStaysArchived "the fork of an archived thread is archived",
        ForkKeepsTimes "a fork has the times of its origin",
        ForkKeepsTheParent "a fork is a child of its origin's parent",
        ForkLosesLabels "a fork does not inherit labels",
        ForkDiesWithItsOrigin "a fork is deleted with its origin",
        ForkBeyondTheEnd "a fork beyond the end is a fork at the end",
        ExplainsOnce "explaining names one of several reasons",
        ExplainsUnknown "explaining an unknown thread says that it is not listed",
    }
    "turns" {
        TurnsIgnoreTheirCursor "a cursor of turns begins at the start",
        TurnsComeAscending "turns come in ascending order always",
        TurnsForgetTheFlag "the turns of an archived thread need no flag",
        TurnsTakenBackAreListed "turns that were taken back are listed",
        EmptyTurnsAreLeftOut "turns without items are left out",
        LastPageOfTurnsHasNext "the last page of turns has a cursor for a next one",
        PagesOfTurnsHaveNoWayBack "no page of turns has a cursor for the one before",
        DamageOfTurnsIsNotTold "damage met on the way to turns is not told",
        OpenTurnsAreCompleted "a turn that has not ended is completed",
        InheritedTurnsAreOwn "turns of a fork are all its own",
        LateItemsAreLost "an item that stands far from the others of its turn is lost",
        ViewsAreFull "turns have all items whatever view is asked for",
        ItemsOfAnyTurn "the items of a turn are those of all",
        UnknownTurnIsAnError "the items of an unknown turn are an invalid request",
        ItemsAreGroupedByTurn "items come turn by turn",
        ContextHasWhatWasTakenBack "a model is told what was taken back",
        CompactionsAreIgnored "a model is told everything",
        AnyCompactionCounts "a compaction without a replacement stands for what is before it",
        RevertTakesOneTurnMore "taking back turns takes one more",
        RevertOfNoTurnsIsFine "taking back no turns takes one",
        RevertIgnoresTheEnd "taking back from another end is done all the same",
        RevertChecksTheTurnFirst "where to take back is checked before the lease",
        RevertMovesUpdatedAt "taking back changes the time of update",
        ForkAfterATurnHasAll "a fork after a turn has everything",
    }
    "search" {
        SearchIgnoresItsFilter "a search looks at every thread whatever the filter",
        SearchIgnoresItsCursor "a cursor of a search begins at the start",
        SearchHasNoNextPage "no page of a search has a cursor for a next one",
        SearchCountsCase "a search finds text in its own case alone",
        SearchRanksByAge "what is found comes oldest first",
        SearchFindsTools "a search finds what tools and developers said",
        SearchFindsWhatWasTakenBack "a search finds what was taken back",
        PlacesNameNoTurn "the places of what was found name no turn",
    }
    "errors" {
        UnknownIsInvalid "an unknown id is an invalid request",
        LeaseOnDeletedIsFenced "a lease on a deleted thread is fenced",
        ErrorsNameNoOperation "errors do not name their operation",
        ErrorsNameNoThread "errors do not name their thread",
    }
}
